package io.vigil.cli.audit;

import io.vigil.job.Topics;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.model.proof.ProofKind;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Receipt;
import io.vigil.schema.RecordKind;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.SingleObject;
import io.vigil.schema.codec.TransactionDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Holds the archive's transactions against what a source says it sent, by feed, day of event time
 * in UTC, and currency. What the job knew as a repeat does not count; what it could not decide
 * does, if its feed can be read. Thread-confined.
 */
public final class Reconciliation {
  private static final String HEADER = "feed,day,currency,count,sum_minor";
  private static final long RUN_BYTES = 64L << 20;
  private static final byte REPEAT = 0;
  private static final byte TRANSACTION = 1;

  private final ArchiveFolder archive;
  private final @Nullable String feedAttribute;
  private final Path temporary;

  /** What is counted together. */
  public record Group(String feed, LocalDate day, String currency) implements Comparable<Group> {
    @Override
    public int compareTo(Group other) {
      int order = day.compareTo(other.day);
      order = order == 0 ? feed.compareTo(other.feed) : order;
      return order == 0 ? currency.compareTo(other.currency) : order;
    }
  }

  /**
   * How many, and how much.
   *
   * @param sumMinor of their amounts, minor units of their currency
   */
  public record Total(long count, long sumMinor) {
    Total plus(Total other) {
      return new Total(count + other.count, Math.addExact(sumMinor, other.sumMinor));
    }
  }

  /**
   * A group of which the two say different things.
   *
   * @param said null when the control file has no such group
   * @param found null when the archive has none
   */
  public record Difference(Group group, @Nullable Total said, @Nullable Total found) {}

  /**
   * What came of it.
   *
   * @param groups of both
   * @param unreadable records of the topic whose feed cannot be told
   */
  public record Result(int groups, List<Difference> differences, long unreadable) {}

  /**
   * @param feedAttribute the attribute that names a transaction's feed; null when the topic is one
   * @param temporary where runs are spilled
   */
  public Reconciliation(ArchiveFolder archive, @Nullable String feedAttribute, Path temporary) {
    this.archive = archive;
    this.feedAttribute = feedAttribute;
    this.temporary = temporary;
  }

  /**
   * Reads a control file.
   *
   * @throws IllegalArgumentException naming the line
   */
  public static Map<Group, Total> control(List<String> lines) {
    if (lines.isEmpty() || !lines.get(0).strip().equals(HEADER)) {
      throw new IllegalArgumentException("line 1: expected " + HEADER + ", got another header");
    }
    Map<Group, Total> said = new TreeMap<>();
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).strip().split(",", -1);
      if (cells.length == 1 && cells[0].isEmpty()) {
        continue;
      }
      try {
        Group group = new Group(cells[0], LocalDate.parse(cells[1]), cells[2]);
        Total total = new Total(Long.parseLong(cells[3]), Long.parseLong(cells[4]));
        if (cells.length != 5 || said.put(group, total) != null) {
          throw new IllegalArgumentException("five cells, and each group once");
        }
      } catch (IllegalArgumentException | DateTimeParseException | IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(
            "line %d: expected feed, a day such as 2026-01-31, currency, count and sum, got %s"
                .formatted(i + 1, lines.get(i).replaceAll("\\p{C}", "?")),
            e);
      }
    }
    return said;
  }

  /** Compares. */
  public Result against(Map<Group, Total> said) throws IOException {
    Map<Group, Total> found = new TreeMap<>();
    long[] unreadable = {0};
    try (ByteSort sort = new ByteSort(temporary, RUN_BYTES)) {
      scan(sort);
      // The receipt of a repeat sorts before the transaction that it answers.
      byte[] repeat = null;
      for (byte[] entry = sort.next(); entry != null; entry = sort.next()) {
        int key = Integer.BYTES + Long.BYTES;
        if (entry[key] == REPEAT) {
          repeat = entry;
        } else if (repeat == null || !java.util.Arrays.equals(repeat, 0, key, entry, 0, key)) {
          count(entry, key + 1, found, unreadable);
        }
      }
    }
    List<Difference> differences = new java.util.ArrayList<>();
    TreeMap<Group, Total> all = new TreeMap<>(said);
    found.forEach(all::putIfAbsent);
    for (Group group : all.keySet()) {
      Total one = said.get(group);
      Total other = found.get(group);
      if (one == null || !one.equals(other)) {
        differences.add(new Difference(group, one, other));
      }
    }
    return new Result(all.size(), Collections.unmodifiableList(differences), unreadable[0]);
  }

  private static void count(byte[] entry, int from, Map<Group, Total> found, long[] unreadable) {
    ByteBuffer in = ByteBuffer.wrap(entry, from, entry.length - from);
    if (!in.hasRemaining()) {
      unreadable[0]++;
      return;
    }
    LocalDate day = LocalDate.ofEpochDay(in.getLong());
    long amountMinor = in.getLong();
    byte[] currency = new byte[in.get()];
    in.get(currency);
    byte[] feed = new byte[in.remaining()];
    in.get(feed);
    found.merge(
        new Group(
            new String(feed, StandardCharsets.UTF_8),
            day,
            new String(currency, StandardCharsets.UTF_8)),
        new Total(1, amountMinor),
        Total::plus);
  }

  private void scan(ByteSort sort) throws IOException {
    ArchiveFiles files =
        new ArchiveFiles(
            archive,
            (what, where, expected, got) -> {
              throw new Export.UnpackableException(new Finding(what, where, expected, got).text());
            });
    TransactionDecoder decoder = new TransactionDecoder();
    Codec<Tick> ticks = Codec.of(Tick.class);
    files.read(
        ProofKind.RECEIPTS.folder(),
        Receipt.class,
        (receipt, leaf, raw) -> {
          if (receipt.getKind() == RecordKind.TRANSACTION) {
            sort.add(
                key(receipt.getSourcePartition(), receipt.getSourceOffset(), REPEAT, new byte[0]));
          }
          return receipt.getEffectiveTime();
        });
    files.read(
        ProofKind.INPUTS.folder(),
        LogEntry.class,
        (entry, leaf, raw) -> {
          byte[] value = new byte[entry.getValue().remaining()];
          entry.getValue().get(value);
          if (entry.getTopic().equals(Topics.TRANSACTIONS) && !isTick(ticks, value)) {
            sort.add(
                key(entry.getPartition(), entry.getOffset(), TRANSACTION, content(decoder, value)));
          }
          return entry.getEffectiveTime();
        });
  }

  private static boolean isTick(Codec<Tick> ticks, byte[] value) {
    try {
      return ticks.reads(SingleObject.fingerprint(value));
    } catch (DecodeException e) {
      return false;
    }
  }

  private byte[] content(TransactionDecoder decoder, byte[] value) {
    Transaction transaction;
    try {
      transaction = decoder.decode(value);
    } catch (DecodeException e) {
      return new byte[0];
    }
    String attribute = feedAttribute;
    String feed =
        attribute == null
            ? Topics.TRANSACTIONS
            : transaction.getAttributes().getOrDefault(attribute, "");
    byte[] feedBytes = feed.getBytes(StandardCharsets.UTF_8);
    byte[] currency = transaction.getCurrency().getBytes(StandardCharsets.UTF_8);
    if (currency.length > Byte.MAX_VALUE) {
      return new byte[0];
    }
    long day =
        Instant.ofEpochMilli(transaction.getEventTime())
            .atZone(ZoneOffset.UTC)
            .toLocalDate()
            .toEpochDay();
    return ByteBuffer.allocate(2 * Long.BYTES + 1 + currency.length + feedBytes.length)
        .putLong(day)
        .putLong(transaction.getAmountMinor())
        .put((byte) currency.length)
        .put(currency)
        .put(feedBytes)
        .array();
  }

  private static byte[] key(int partition, long offset, byte kind, byte[] content) {
    return ByteBuffer.allocate(Integer.BYTES + Long.BYTES + 1 + content.length)
        .putInt(partition)
        .putLong(offset)
        .put(kind)
        .put(content)
        .array();
  }
}
