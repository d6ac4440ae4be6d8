package io.vigil.cli.simulate;

import io.vigil.schema.Label;
import io.vigil.schema.Transaction;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The stream as CSV (RFC 4180 without quotes: no value needs them), lines ended by a line feed. */
public final class SimulatedFile {
  /** The columns. Empty stands for none; amounts are decimals in the currency's places. */
  public static final String HEADER =
      "transaction_id,event_time,account,card,merchant,terminal,device,ip,counterparty,amount,"
          + "currency,billing_amount,billing_currency,mcc,channel,entry_mode,country,latitude,"
          + "longitude,is_fraud,fraud_kind,label_time";

  private static final long PROGRESS_ROWS = 10_000;

  /**
   * What was written.
   *
   * @param transactions rows
   * @param frauds rows that are fraud
   * @param fraudsByKind the same by kind, all kinds
   * @param labels rows with a label time
   * @param from first event time
   * @param to last event time
   * @param sha256 hex, of the CSV text, before compression: compressed bytes differ from one zlib
   *     to another
   */
  public record Summary(
      long transactions,
      long frauds,
      Map<FraudKind, Long> fraudsByKind,
      long labels,
      Instant from,
      Instant to,
      String sha256) {}

  private final StringBuilder line = new StringBuilder(400);
  private long day = Long.MIN_VALUE;
  private String dayText = "";

  private SimulatedFile() {}

  /**
   * Writes the rows to a file, compressed when its name ends in .gz. The file appears when it is
   * whole; one that was there is replaced.
   *
   * @param rows at least one
   * @param progress told the rows written so far, now and then
   * @throws IOException when the file cannot be written; no part of it is left then
   */
  public static Summary write(Iterator<SimulatedTransaction> rows, Path file, LongConsumer progress)
      throws IOException {
    Path name = file.getFileName();
    if (name == null) {
      throw new IOException(file + ": expected the name of a file");
    }
    Path partial = file.resolveSibling(name + ".partial");
    try {
      Summary summary;
      try (OutputStream out = Files.newOutputStream(partial)) {
        summary = write(rows, out, name.toString().endsWith(".gz"), progress);
      }
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
      return summary;
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static Summary write(
      Iterator<SimulatedTransaction> rows, OutputStream out, boolean gzip, LongConsumer progress)
      throws IOException {
    OutputStream packed = gzip ? new GZIPOutputStream(out, 1 << 16) : out;
    MessageDigest digest = sha256();
    Summary summary;
    try (OutputStream text =
        new BufferedOutputStream(new DigestOutputStream(packed, digest), 1 << 16)) {
      summary = new SimulatedFile().write(rows, text, progress);
    }
    return new Summary(
        summary.transactions(),
        summary.frauds(),
        summary.fraudsByKind(),
        summary.labels(),
        summary.from(),
        summary.to(),
        HexFormat.of().formatHex(digest.digest()));
  }

  private Summary write(
      Iterator<SimulatedTransaction> rows, OutputStream text, LongConsumer progress)
      throws IOException {
    Map<FraudKind, Long> byKind = new EnumMap<>(FraudKind.class);
    for (FraudKind kind : FraudKind.values()) {
      byKind.put(kind, 0L);
    }
    long count = 0;
    long frauds = 0;
    long labels = 0;
    long from = 0;
    long to = 0;
    text.write((HEADER + "\n").getBytes(StandardCharsets.US_ASCII));
    while (rows.hasNext()) {
      SimulatedTransaction row = rows.next();
      to = row.transaction().getEventTime();
      from = count == 0 ? to : from;
      if (row.fraudKind() != null) {
        frauds++;
        byKind.merge(row.fraudKind(), 1L, Long::sum);
      }
      labels += row.label() == null ? 0 : 1;
      line.setLength(0);
      append(row);
      text.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
      if (++count % PROGRESS_ROWS == 0) {
        progress.accept(count);
      }
    }
    return new Summary(
        count, frauds, byKind, labels, Instant.ofEpochMilli(from), Instant.ofEpochMilli(to), "");
  }

  private void append(SimulatedTransaction row) {
    Transaction transaction = row.transaction();
    line.append(transaction.getTransactionId()).append(',');
    appendTime(transaction.getEventTime());
    line.append(',').append(transaction.getAccount());
    appendField(transaction.getCard());
    appendField(transaction.getMerchant());
    appendField(transaction.getTerminal());
    appendField(transaction.getDevice());
    appendField(transaction.getIp());
    appendField(transaction.getCounterparty());
    appendAmount(transaction.getAmountMinor(), transaction.getCurrency());
    appendAmount(transaction.getBillingAmountMinor(), transaction.getBillingCurrency());
    line.append(',');
    if (transaction.getMcc() != null) {
      appendPadded(transaction.getMcc(), 4);
    }
    appendField(transaction.getChannel().name());
    appendField(transaction.getEntryMode().name());
    appendField(transaction.getCountry());
    appendDegrees(transaction.getLatitude());
    appendDegrees(transaction.getLongitude());
    line.append(row.fraudKind() == null ? ",0," : ",1," + row.fraudKind().id()).append(',');
    Label label = row.label();
    if (label != null) {
      appendTime(label.getLabelTime());
    }
  }

  private void appendField(@Nullable String value) {
    line.append(',');
    if (value != null) {
      line.append(value);
    }
  }

  private void appendAmount(long minor, String currency) {
    line.append(',');
    if (Money.valueOf(currency).digits() == 0) {
      line.append(minor);
    } else {
      line.append(minor / 100).append('.');
      appendPadded(minor % 100, 2);
    }
    line.append(',').append(currency);
  }

  /** Four decimals, exactly what the simulator drew. */
  private void appendDegrees(@Nullable Double degrees) {
    line.append(',');
    if (degrees != null) {
      long scaled = Math.round(degrees * 1e4);
      line.append(scaled < 0 ? "-" : "").append(Math.abs(scaled) / 10_000).append('.');
      appendPadded(Math.abs(scaled) % 10_000, 4);
    }
  }

  private void appendTime(long epochMs) {
    long thisDay = Math.floorDiv(epochMs, Rhythm.DAY_MS);
    if (thisDay != day) {
      day = thisDay;
      dayText = LocalDate.ofEpochDay(thisDay) + "T";
    }
    long ms = Math.floorMod(epochMs, Rhythm.DAY_MS);
    line.append(dayText);
    appendPadded(ms / Rhythm.HOUR_MS, 2);
    line.append(':');
    appendPadded(ms / 60_000 % 60, 2);
    line.append(':');
    appendPadded(ms / 1000 % 60, 2);
    line.append('.');
    appendPadded(ms % 1000, 3);
    line.append('Z');
  }

  private void appendPadded(long value, int digits) {
    int from = line.length();
    line.append(value);
    while (line.length() - from < digits) {
      line.insert(from, '0');
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime must have SHA-256", e);
    }
  }
}
