package io.vigil.cli.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Transaction;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SimulateCommandTest {
  private final StringWriter err = new StringWriter();

  @TempDir Path folder = Path.of("");

  @Test
  void writesTheRowsAndSaysWhatTheyAre() throws Exception {
    Path csv = folder.resolve("rows.csv");
    Path json = folder.resolve("rows.json");

    assertThat(run("--transactions", "3000", "--seed", "5", "--out", csv, "--json", json)).isZero();

    List<String> lines = Files.readAllLines(csv);
    List<SimulatedTransaction> rows = SimulatorTest.all(SimulatorOptions.of(5, 3_000));
    assertThat(lines).hasSize(3_001).first().isEqualTo(SimulatedFile.HEADER);
    for (int i = 0; i < rows.size(); i++) {
      assertSame(lines.get(i + 1).split(",", -1), rows.get(i));
    }
    long frauds = rows.stream().filter(row -> row.fraudKind() != null).count();
    long labels = rows.stream().filter(row -> row.label() != null).count();
    assertThat(Files.readString(json))
        .startsWith("{\"transactions\": 3000, \"frauds\": " + frauds + ", \"frauds_by_kind\": {")
        .contains("\"mule_ring\": ", "\"slow_high_cnp\": ", "\"labels\": " + labels + ",")
        .contains("\"from\": \"" + timeOf(rows.get(0)), "\"to\": \"" + timeOf(rows.get(2_999)))
        .endsWith("\"sha256\": \"" + sha256(Files.readAllBytes(csv)) + "\"}\n");
    assertThat(err.toString()).isEmpty();
  }

  private static void assertSame(String[] fields, SimulatedTransaction row) {
    Transaction transaction = row.transaction();
    int digits = transaction.getCurrency().equals("JPY") ? 0 : 2;
    assertThat(fields)
        .containsExactly(
            transaction.getTransactionId(),
            fields[1],
            transaction.getAccount(),
            text(transaction.getCard()),
            text(transaction.getMerchant()),
            text(transaction.getTerminal()),
            text(transaction.getDevice()),
            text(transaction.getIp()),
            text(transaction.getCounterparty()),
            BigDecimal.valueOf(transaction.getAmountMinor(), digits).toPlainString(),
            transaction.getCurrency(),
            BigDecimal.valueOf(transaction.getBillingAmountMinor(), 2).toPlainString(),
            "EUR",
            text(transaction.getMcc()),
            transaction.getChannel().name(),
            transaction.getEntryMode().name(),
            text(transaction.getCountry()),
            fields[17],
            fields[18],
            row.fraudKind() == null ? "0" : "1",
            text(row.fraudKind()),
            fields[21]);
    assertThat(fields[1]).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
    assertThat(Instant.parse(fields[1]).toEpochMilli()).isEqualTo(transaction.getEventTime());
    assertThat(fields[17].isEmpty() ? null : Double.valueOf(fields[17]))
        .isEqualTo(transaction.getLatitude());
    assertThat(fields[18].isEmpty() ? null : Double.valueOf(fields[18]))
        .isEqualTo(transaction.getLongitude());
    assertThat(fields[21].isEmpty() ? null : Instant.parse(fields[21]).toEpochMilli())
        .isEqualTo(row.label() == null ? null : row.label().getLabelTime());
  }

  @Test
  void aCompressedFileHoldsTheSameText() throws Exception {
    Path plain = folder.resolve("rows.csv");
    Path packed = folder.resolve("rows.csv.gz");
    run("--transactions", "500", "--out", plain);
    run("--transactions", "500", "--out", packed);

    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
      assertThat(in.readAllBytes()).isEqualTo(Files.readAllBytes(plain));
    }
    try (var left = Files.list(folder)) {
      assertThat(left).containsExactlyInAnyOrder(plain, packed);
    }
  }

  @Test
  void ratesAreOptions() throws IOException {
    Path csv = folder.resolve("rows.csv");
    assertThat(
            run("--transactions=20000", "--fraud-share=0", "--fraud=mule_ring=0.02", "--out", csv))
        .isZero();

    List<String> frauds =
        Files.readAllLines(csv).stream().filter(line -> line.contains(",1,")).toList();
    assertThat(frauds)
        .hasSizeBetween(250, 550)
        .allSatisfy(line -> assertThat(line).contains(",1,mule_ring,"));
  }

  @Test
  void wrongUsageIsTwoWithOneLine() {
    Path csv = folder.resolve("rows.csv");

    assertThat(run("--transactions", "0", "--out", csv)).isEqualTo(2);
    assertThat(err.toString().strip())
        .isEqualTo("vigil simulate: transactions: expected at least 1, got 0");
    assertThat(run("--fraud", "theft=0.1", "--out", csv)).isEqualTo(2);
    assertThat(err.toString()).contains("got theft").contains("stolen_card_spree");
    assertThat(run("--transactions", "5")).isEqualTo(2);
    assertThat(csv).doesNotExist();
  }

  @Test
  void whatCannotBeWrittenIsOneWithOneLine() {
    Path csv = folder.resolve("missing").resolve("rows.csv");

    assertThat(run("--transactions", "5", "--out", csv)).isEqualTo(1);
    assertThat(err.toString().strip())
        .isEqualTo("vigil simulate: cannot write " + csv + ".partial: NoSuchFileException");
  }

  private int run(Object... arguments) {
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    return new CommandLine(new SimulateCommand()).setErr(new PrintWriter(err, true)).execute(texts);
  }

  private static Instant timeOf(SimulatedTransaction row) {
    return Instant.ofEpochMilli(row.transaction().getEventTime());
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
