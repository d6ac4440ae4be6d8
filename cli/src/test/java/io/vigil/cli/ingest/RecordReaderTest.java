package io.vigil.cli.ingest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.ingest.Ingested.BadRow;
import io.vigil.cli.ingest.Ingested.LabelRow;
import io.vigil.cli.ingest.Ingested.TransactionRow;
import io.vigil.schema.Channel;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Stage;
import io.vigil.schema.Transaction;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RecordReaderTest {
  private static final String HANDBOOK =
      "transaction_id,tx_datetime,customer_id,terminal_id,tx_amount,tx_fraud,tx_fraud_scenario\n";
  private static final String BANK =
      """
      name: bank
      columns:
        event_time: {column: when, zone: Europe/Berlin}
        account: who
        card: {column: pan, tokenise: pan}
        amount: much
        currency: cur
        channel: how
      attributes: {note: note}
      """;
  private static final String BANK_HEADER = "when,who,pan,much,cur,how,note\n";

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it.
  private Path directory;

  @Test
  void readsTheHandbookWithItsLabelsAWeekLater() throws IOException {
    List<Ingested> stream =
        read(
            Mapping.load("handbook"),
            HANDBOOK
                + "0,2018-04-01T00:00:31,596,3156,57.16,1,3\n"
                + "1,2018-04-08T00:00:30,4961,3412,81.51,0,0\n"
                + "2,2018-04-08T00:00:31,2,1365,146.0,0,0\n");

    Transaction fraud =
        Transaction.newBuilder()
            .setTransactionId("0")
            .setEventTime(Instant.parse("2018-04-01T00:00:31Z").toEpochMilli())
            .setAccount("596")
            .setTerminal("3156")
            .setAmountMinor(5_716)
            .setCurrency("EUR")
            .setBillingAmountMinor(5_716)
            .setBillingCurrency("EUR")
            .build();
    Label label =
        Label.newBuilder()
            .setLabelId("0-label")
            .setTransactionId("0")
            .setTransactionTime(fraud.getEventTime())
            .setAccount("596")
            .setTerminal("3156")
            .setValue(LabelValue.FRAUD)
            .setScheme("3")
            .setSource(LabelSource.CHARGEBACK)
            .setLabelTime(Instant.parse("2018-04-08T00:00:31Z").toEpochMilli())
            .build();
    assertThat(stream).hasSize(4);
    assertThat(stream.get(0)).isEqualTo(new TransactionRow(fraud, 2, true));
    assertThat(ids(stream)).containsExactly("0", "1", "0-label", "2");
    assertThat(stream.get(2)).isEqualTo(new LabelRow(label));
  }

  @Test
  void readsEverySimulatedColumn() throws IOException {
    List<Ingested> stream =
        read(
            Mapping.load("simulated"),
            "transaction_id,event_time,account,card,merchant,terminal,device,ip,counterparty,"
                + "amount,currency,billing_amount,billing_currency,mcc,channel,entry_mode,country,"
                + "latitude,longitude,is_fraud,fraud_kind,label_time\n"
                + "t1,2026-01-02T03:04:05.678Z,a1,c0ffee,m1,pos1,d1,beef,p1,1200,JPY,7.35,EUR,5411,"
                + "ecom,on_file,JP,35.5,-139.25,1,takeover,2026-01-04T00:00:00.001Z\n"
                + "t2,2026-01-02T03:04:05.678Z,a2,,,,,,,1,EUR,1,EUR,,,,,,,0,,\n");

    assertThat(stream.get(0))
        .isEqualTo(
            new TransactionRow(
                Transaction.newBuilder()
                    .setTransactionId("t1")
                    .setEventTime(Instant.parse("2026-01-02T03:04:05.678Z").toEpochMilli())
                    .setAccount("a1")
                    .setCard("c0ffee")
                    .setMerchant("m1")
                    .setTerminal("pos1")
                    .setDevice("d1")
                    .setIp("beef")
                    .setCounterparty("p1")
                    .setAmountMinor(1_200)
                    .setCurrency("JPY")
                    .setBillingAmountMinor(735)
                    .setBillingCurrency("EUR")
                    .setMcc(5_411)
                    .setChannel(Channel.ECOM)
                    .setEntryMode(EntryMode.ON_FILE)
                    .setCountry("JP")
                    .setLatitude(35.5)
                    .setLongitude(-139.25)
                    .build(),
                2,
                true));
    Transaction bare = ((TransactionRow) stream.get(1)).transaction();
    assertThat(bare.getCard()).isNull();
    assertThat(bare.getMcc()).isNull();
    assertThat(bare.getChannel()).isEqualTo(Channel.UNKNOWN);
    Label label = ((LabelRow) stream.get(2)).label();
    assertThat(label.getScheme()).isEqualTo("takeover");
    assertThat(label.getLabelTime())
        .isEqualTo(Instant.parse("2026-01-04T00:00:00.001Z").toEpochMilli());
  }

  @ParameterizedTest
  @CsvSource({
    "'2019-11-31T10:00,a,1234567,5,EUR,pos,', no_such_day, 'no such day: 2019-11-31T10:00'",
    "'2019-03-31T02:30,a,1234567,5,EUR,pos,', no_such_time, Europe/Berlin",
    "',a,1234567,5,EUR,pos,', missing_value, 'event_time: expected a value'",
    "'2019-11-30T10:00,,1234567,5,EUR,pos,', missing_value, 'account: expected a value'",
    "'2019-11-30T10:00,a,1234567,five,EUR,pos,', bad_amount, 'amount: expected a decimal number such as 57.16, got ''five'''",
    "'2019-11-30T10:00,a,1234567,5,EURO,pos,', unknown_currency, EURO",
    "'2019-11-30T10:00,a,1234567,5,EUR,phone,', unknown_value, '[unknown, pos, ecom, atm, moto, transfer], got ''phone'''",
  })
  void aBadRowIsADeadLetterThatSaysWhy(String row, String reason, String message)
      throws IOException {
    DeadLetter dead = bad(read(Mapping.parse("bank.yaml", BANK), BANK_HEADER + row + "\n"), 0);

    assertThat(dead.getReason()).isEqualTo(reason);
    assertThat(dead.getMessage()).contains(message);
    assertThat(dead.getStage()).isEqualTo(Stage.IMPORT);
    assertThat(dead.getSourceTopic()).isEqualTo("input.csv");
    assertThat(dead.getSourceOffset()).isEqualTo(2);
    assertThat(dead.getAppendTime()).isZero();
    assertThat(dead.getMasked()).isTrue();
    assertThat(text(dead)).isEqualTo(row.replace("1234567", "*******"));
  }

  @Test
  void aRowWithTheWrongNumberOfCellsKeepsNoDigits() throws IOException {
    DeadLetter dead =
        bad(read(Mapping.parse("bank.yaml", BANK), BANK_HEADER + "2019,a,\"1,2\"\n"), 0);

    assertThat(dead.getReason()).isEqualTo("wrong_cell_count");
    assertThat(dead.getMessage()).isEqualTo("row: expected 7 cells, got 3");
    assertThat(text(dead)).isEqualTo("****,a,\"*,*\"");
  }

  @Test
  void withoutSecretsADeadLetterHoldsTheBytesAsTheyWere() throws IOException {
    byte[] row = "0,2018-04-31T00:00:31,596,b\u00e9,57.16,0,\"a\nb\"".getBytes(ISO_8859_1);
    Path file = directory.resolve("input.csv");
    Files.write(file, HANDBOOK.getBytes(UTF_8));
    Files.write(file, row, java.nio.file.StandardOpenOption.APPEND);

    DeadLetter dead = bad(drain(open(Mapping.load("handbook"), file, 10)), 0);

    assertThat(dead.getValue().array()).isEqualTo(row);
    assertThat(dead.getMasked()).isFalse();
  }

  @Test
  void textThatIsNotUtf8IsBad() throws IOException {
    Path file = directory.resolve("input.csv");
    Files.write(
        file, (HANDBOOK + "0,2018-04-01T00:00:31,b\u00e9,1,57.16,0,0\n").getBytes(ISO_8859_1));

    assertThat(bad(drain(open(Mapping.load("handbook"), file, 10)), 0).getReason())
        .isEqualTo("bad_encoding");
  }

  @Test
  void anUntokenisedCardNumberNeverGetsThrough() throws IOException {
    List<Ingested> stream =
        read(
            Mapping.parse("bank.yaml", BANK.replace("{column: pan, tokenise: pan}", "pan")),
            BANK_HEADER + "2019-11-30T10:00,a,4111 1111 1111 1111,5,EUR,pos,\n");

    DeadLetter dead = bad(stream, 0);
    assertThat(dead.getReason()).isEqualTo("card_number");
    assertThat(text(dead)).doesNotContain("1111");
    assertThat(dead.getMessage()).contains("tokenise: pan").doesNotContain("1111");
  }

  /** Else a file that was read before would be read as other payments. */
  @Test
  void idsMadeOfContentAreThoseOfEarlierVersionsWhileNothingIsNew() throws IOException {
    String mapping =
        "name: bank\ncolumns: {event_time: {column: t, format: epoch_s}, account: a, device: d,"
            + " amount: x, currency: {constant: EUR}";
    String row = "t,a,d,x,c\n10,a-1,d-1,12.50,%s\n";

    assertThat(ids(read(Mapping.parse("m.yaml", mapping + "}"), row.formatted(""))))
        .containsExactly("c62c5ad69213e5da0db7d93ad4125114");
    Mapping customers = Mapping.parse("m.yaml", mapping + ", customer: c}");
    assertThat(ids(read(customers, row.formatted(""))))
        .containsExactly("c62c5ad69213e5da0db7d93ad4125114");
    List<Ingested> named = read(customers, row.formatted("k-1"));
    assertThat(((TransactionRow) named.get(0)).transaction().getCustomer()).isEqualTo("k-1");
    assertThat(ids(named)).doesNotContain("c62c5ad69213e5da0db7d93ad4125114");
  }

  @Test
  void readsQuotesNewlinesUnicodeAndTheLinesTheyStartOn() throws IOException {
    List<Ingested> stream =
        read(
            Mapping.parse("bank.yaml", BANK),
            "\uFEFF"
                + BANK_HEADER
                + "2019-11-30T10:00,\"Müller, \"\"K\"\"\",1,5,EUR,pos,\"one\ntwo\"\r\n"
                + "\n2019-11-30T10:01,b,1,5,EUR,pos,日本\r\n");

    Transaction first = ((TransactionRow) stream.get(0)).transaction();
    assertThat(first.getAccount()).isEqualTo("Müller, \"K\"");
    assertThat(first.getAttributes()).isEqualTo(Map.of("note", "one\ntwo"));
    assertThat(((TransactionRow) stream.get(1)).line()).isEqualTo(5);
    assertThat(((TransactionRow) stream.get(1)).transaction().getAttributes())
        .isEqualTo(Map.of("note", "日本"));
  }

  @Test
  void rowsWithoutIdsGetOneFromTheirContentAndTheirOccurrence() throws IOException {
    String a = "2019-11-30T10:00,a,1,5,EUR,pos,\n";
    String b = "2019-11-30T10:00,b,1,5,EUR,pos,\n";
    List<String> ids = ids(read(Mapping.parse("bank.yaml", BANK), BANK_HEADER + a + b + a + a));

    assertThat(ids).doesNotHaveDuplicates();
    assertThat(ids.get(0)).matches("[0-9a-f]{32}");
    assertThat(ids.get(2)).isEqualTo(ids.get(0) + "-2");
    assertThat(ids.get(3)).isEqualTo(ids.get(0) + "-3");
    assertThat(ids(read(Mapping.parse("bank.yaml", BANK), BANK_HEADER + a + b + a + a)))
        .isEqualTo(ids);
  }

  @Test
  void gzipReadsAsThePlainFile() throws IOException {
    String csv = HANDBOOK + "0,2018-04-01T00:00:31,596,3156,57.16,1,3\n";
    Path file = directory.resolve("input.csv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(csv.getBytes(UTF_8));
    }

    assertThat(drain(open(Mapping.load("handbook"), file, 10)))
        .isEqualTo(read(Mapping.load("handbook"), csv));
  }

  @Test
  void aCutGzipFileIsSaidToBeCut() throws IOException {
    Path file = directory.resolve("cut.csv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      Random random = new Random(1);
      out.write(HANDBOOK.getBytes(UTF_8));
      for (int i = 0; i < 5_000; i++) {
        out.write((i + ",2018-04-01T00:00:31," + random.nextInt() + ",1,1,0,0\n").getBytes(UTF_8));
      }
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1_000));

    assertThatThrownBy(() -> open(Mapping.load("handbook"), file, 10))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("cut.csv.gz: unreadable after line ");
  }

  /** Oracle: everything in memory, sorted by time and line, labels before transactions. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, 90, 1_000})
  void unsortedInputIsSortedWhateverTheRunsAre(int runRows) throws IOException {
    Random random = new Random(runRows);
    StringBuilder csv = new StringBuilder(HANDBOOK);
    List<String[]> rows = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String time = "2018-04-%02dT%02d:00:00".formatted(1 + random.nextInt(30), random.nextInt(3));
      boolean fraud = random.nextInt(5) == 0;
      boolean bad = i == 250;
      rows.add(new String[] {"" + i, bad ? "2018-04-31T00:00:00" : time, fraud ? "1" : "0"});
      csv.append("%s,%s,%d,1,1,%s,2\n".formatted(i, rows.get(i)[1], i % 9, rows.get(i)[2]));
    }
    record Expected(long timeMs, int kind, int index) {}
    List<Expected> expected = new ArrayList<>();
    long earlierMs = 0;
    for (int i = 0; i < rows.size(); i++) {
      long timeMs = i == 250 ? earlierMs : Instant.parse(rows.get(i)[1] + "Z").toEpochMilli();
      expected.add(new Expected(timeMs, 1, i));
      if (rows.get(i)[2].equals("1") && i != 250) {
        expected.add(new Expected(timeMs + 7 * 86_400_000L, 0, i));
      }
      earlierMs = timeMs;
    }
    expected.sort(
        Comparator.comparingLong(Expected::timeMs)
            .thenComparingInt(Expected::kind)
            .thenComparingInt(Expected::index));

    Path file = Files.writeString(directory.resolve("input.csv"), csv);
    List<Ingested> stream;
    try (RecordReader reader = open(Mapping.load("handbook"), file, runRows)) {
      assertThat(reader.wasSorted()).isFalse();
      assertThat(reader.rows()).isEqualTo(500);
      stream = drain(reader);
    }

    assertThat(ids(stream))
        .isEqualTo(
            expected.stream()
                .map(
                    e -> e.index() == 250 ? "bad-252" : e.index() + (e.kind() == 0 ? "-label" : ""))
                .toList());
    try (var left = Files.list(directory.resolve("temporary"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aMissingColumnIsNamedWithThoseThatExist() {
    assertThatThrownBy(
            () ->
                read(
                    Mapping.load("handbook"),
                    HANDBOOK.replace("tx_amount", "betrag") + "0,2018,1,1,1,0,0\n"))
        .isInstanceOf(IngestException.class)
        .hasMessageStartingWith("handbook.yaml:9: no column 'tx_amount' in ")
        .hasMessageEndingWith(
            "which has transaction_id, tx_datetime, customer_id, terminal_id, betrag, tx_fraud,"
                + " tx_fraud_scenario");
  }

  @Test
  void columnsAreFoundInAnyCase() throws IOException {
    assertThat(
            ids(
                read(
                    Mapping.load("handbook"),
                    HANDBOOK.toUpperCase(java.util.Locale.ROOT)
                        + "7,2018-04-01T00:00:31,596,3156,57.16,0,0\n")))
        .containsExactly("7");
  }

  @Test
  void emptyAndMissingFilesAreNamed() throws IOException {
    Path empty = Files.writeString(directory.resolve("empty.csv"), "");
    assertThatThrownBy(() -> open(Mapping.load("handbook"), empty, 10))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("empty.csv: expected a header line");
    assertThatThrownBy(() -> open(Mapping.load("handbook"), directory.resolve("none.csv"), 10))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("none.csv, which is missing");
    assertThat(read(Mapping.load("handbook"), HANDBOOK)).isEmpty();
  }

  private List<Ingested> read(Mapping mapping, String csv) throws IOException {
    Path file = Files.writeString(directory.resolve("input.csv"), csv);
    try (RecordReader reader = open(mapping, file, 10)) {
      return drain(reader);
    }
  }

  private RecordReader open(Mapping mapping, Path file, int runRows) throws IOException {
    byte[] key = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");
    return RecordReader.open(
        file, mapping, () -> new Tokeniser(key), directory.resolve("temporary"), runRows);
  }

  private static List<Ingested> drain(RecordReader reader) throws IOException {
    List<Ingested> all = new ArrayList<>();
    try (reader) {
      reader.forEachRemaining(all::add);
    }
    return all;
  }

  private static DeadLetter bad(List<Ingested> stream, int index) {
    assertThat(stream.get(index)).isInstanceOf(BadRow.class);
    return ((BadRow) stream.get(index)).deadLetter();
  }

  private static String text(DeadLetter dead) {
    return new String(dead.getValue().array(), UTF_8);
  }

  private static List<String> ids(List<Ingested> stream) {
    return stream.stream()
        .map(
            ingested ->
                ingested instanceof TransactionRow row
                    ? row.transaction().getTransactionId()
                    : ingested instanceof LabelRow label
                        ? label.label().getLabelId()
                        : "bad-" + ((BadRow) ingested).deadLetter().getSourceOffset())
        .toList();
  }
}
