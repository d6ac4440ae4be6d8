package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import blue.strategic.parquet.ParquetReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeaturesCommandTest {
  private static final String HEADER =
      "transaction_id,tx_datetime,customer_id,terminal_id,tx_amount,tx_fraud,tx_fraud_scenario\n";
  private static final LocalDateTime START = LocalDateTime.parse("2018-04-01T00:00:00");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder = Path.of("");

  @Test
  void theEngineAgreesWithTheDefinitions() throws IOException {
    Path input = write(generated(4_000, 7));
    Path vectors = folder.resolve("vectors.csv");

    assertThat(features(input, vectors)).as(err.toString()).isZero();

    try (BufferedReader in = Files.newBufferedReader(input);
        BufferedReader computed = Files.newBufferedReader(vectors)) {
      HandbookReference reference = new HandbookReference(in);
      assertThat(reference.positive("TERMINAL_ID_RISK_1DAY_WINDOW")).isGreaterThan(100);
      reference.assertMatches(computed);
    }
  }

  /** Whole hours, so that edges of windows and label times are hit again and again. */
  private static String generated(int rows, long seed) {
    Random random = new Random(seed);
    StringBuilder csv = new StringBuilder(HEADER);
    for (int i = 0; i < rows; i++) {
      // The id falls in the file where the time rises: equal times are never in order.
      csv.append(rows + 100 - i).append(',');
      csv.append(START.plusHours(i / 4)).append(":00,");
      csv.append(random.nextInt(8)).append(',');
      csv.append(random.nextInt(6)).append(',');
      csv.append(1 + random.nextInt(300)).append('.').append(10 + random.nextInt(90)).append(',');
      csv.append(random.nextInt(5) == 0 ? "1,2\n" : "0,0\n");
    }
    return csv.toString();
  }

  @Test
  void aLabelCountsFromExactlySevenDaysAfterItsTransaction() throws IOException {
    Path input =
        write(
            HEADER
                + "0,2018-04-01T00:00:00,c1,t1,10.00,1,1\n"
                + "1,2018-04-07T23:59:59,c2,t1,10.00,0,0\n"
                + "2,2018-04-08T00:00:00,c3,t1,10.00,0,0\n");
    Path vectors = folder.resolve("vectors.csv");

    assertThat(features(input, vectors)).as(err.toString()).isZero();

    List<String> lines = Files.readAllLines(vectors);
    assertThat(lines.get(1)).isEqualTo("0,10,1,1,1,10,1,10,1,10,0,0,0,0,0,0");
    assertThat(lines.get(2)).isEqualTo("1,10,1,0,1,10,1,10,1,10,0,0,0,0,0,0");
    assertThat(lines.get(3)).isEqualTo("2,10,1,1,1,10,1,10,1,10,1,1,1,1,1,1");
  }

  @Test
  void whatTheFileSaysOfTheFutureChangesNoVector() throws IOException {
    String rows = generated(2_000, 11);
    Path all = folder.resolve("all.csv");
    Path half = folder.resolve("half.csv");
    assertThat(features(write(rows), all)).isZero();
    List<String> lines = rows.lines().toList();
    assertThat(features(write(String.join("\n", lines.subList(0, 1_001)) + "\n"), half)).isZero();

    assertThat(Files.readAllLines(half))
        .hasSize(1_001)
        .isEqualTo(Files.readAllLines(all).subList(0, 1_001));
  }

  @Test
  void countsRowsThatAreNone() throws IOException {
    Path input =
        write(
            HEADER
                + "0,2018-04-01T00:00:00,c1,t1,10.00,0,0\n"
                + "not a transaction\n"
                + "1,2018-04-01T00:00:01,c1,t1,ten,0,0\n"
                + "0,2018-04-01T00:00:02,c1,t1,10.00,0,0\n"
                + "2,2018-04-01T00:00:03,c1,t1,12.50,0,0\n");
    Path vectors = folder.resolve("vectors.csv");
    Path json = folder.resolve("result.json");

    assertThat(features(input, vectors, "--json=" + json)).as(err.toString()).isZero();

    assertThat(Files.readAllLines(vectors))
        .containsExactly(
            "transaction_id," + String.join(",", HandbookReference.NAMES),
            "0,10,1,1,1,10,1,10,1,10,0,0,0,0,0,0",
            "2,12.5,1,1,2,11.25,2,11.25,2,11.25,0,0,0,0,0,0");
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.get("transactions").asInt()).isEqualTo(2);
    assertThat(result.get("bad_rows").asInt()).isEqualTo(2);
    assertThat(result.get("bad_rows_by_reason").get("wrong_cell_count").asInt()).isEqualTo(1);
    assertThat(result.get("duplicates").asInt()).isEqualTo(1);
    assertThat(result.get("features").get("spec").asText()).isEqualTo("handbook");
    assertThat(result.get("features").get("count").asInt()).isEqualTo(15);
    assertThat(result.get("out").asText()).isEqualTo(vectors.toString());
    assertThat(out.toString()).contains("bad rows          2  {", "rows              5");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".partial"));
    }
  }

  @Test
  void theEndingSaysTheFormat() throws IOException {
    Path input = write(generated(500, 3));
    Path csv = folder.resolve("vectors.csv");
    Path gzip = folder.resolve("vectors.csv.gz");
    Path parquet = folder.resolve("vectors.parquet");
    for (Path file : List.of(csv, gzip, parquet, parquet)) {
      assertThat(features(input, file)).as(err.toString()).isZero();
    }

    List<String> rows = Files.readAllLines(csv);
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(gzip)), StandardCharsets.UTF_8))) {
      assertThat(in.lines().toList()).isEqualTo(rows);
    }
    List<String> expected = new ArrayList<>();
    List<String> source = Files.readAllLines(input);
    for (String row : rows.subList(1, rows.size())) {
      String id = row.substring(0, row.indexOf(','));
      String[] cells =
          source.stream()
              .filter(line -> line.startsWith(id + ","))
              .findAny()
              .orElseThrow()
              .split(",");
      expected.add(
          id
              + ","
              + LocalDateTime.parse(cells[1]).toInstant(ZoneOffset.UTC).toEpochMilli()
              + ","
              + cells[2]
              + ","
              + cells[5]
              + ","
              + Stream.of(row.split(","))
                  .skip(1)
                  .map(Float::valueOf)
                  .map(String::valueOf)
                  .collect(Collectors.joining(",")));
    }
    try (Stream<String[]> read = ParquetReader.streamContentToStrings(parquet.toFile())) {
      assertThat(
              read.map(
                  row ->
                      Stream.of(row)
                          .map(FeaturesCommandTest::value)
                          .collect(Collectors.joining(","))))
          .isEqualTo(expected);
    }
  }

  /** The reader gives name=value. */
  private static String value(String cell) {
    return cell.substring(cell.indexOf('=') + 1);
  }

  @Test
  void explainsASpec() throws IOException {
    Path json = folder.resolve("explain.json");

    assertThat(run("features", "explain", "handbook", "--json=" + json))
        .as(err.toString())
        .isZero();

    assertThat(out.toString())
        .contains(
            "handbook, version 1, 15 features",
            "     12  TERMINAL_ID_RISK_7DAY_WINDOW         aggregate   0        entity: terminal,"
                + " aggregate: rate, of: fraud_label, window: 7d, delay: 7d",
            "entity account: 6 aggregates, takes no labels",
            "entity terminal: 6 aggregates, takes labels");
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.get("vector").get(2).get("definition").asText())
        .isEqualTo("expression: hour(event_time) <= 6");
    assertThat(result.get("entities").get(1).get("aggregates").get(0).asText())
        .isEqualTo("aggregate: count, window: 1d, delay: 7d");
  }

  @Test
  void saysWhenTheKeyOfTokensMayBeSwitchedAndWhatBecomesOfEachFeature() throws IOException {
    Path spec = folder.resolve("spec.yaml");
    Files.writeString(
        spec,
        """
        name: cards
        version: 2
        features:
          - {name: account_count_30d, entity: account, aggregate: count, window: 30d}
          - {name: card_count_1h, entity: card, aggregate: count, window: 1h}
          - {name: card_risk_7d, entity: card, aggregate: rate, of: fraud_label, window: 7d, delay: 7d}
          - {name: per_account, ratio: [card_count_1h, account_count_30d]}
          - {name: speed_kmh, entity: card, aggregate: geo_speed}
          - {name: first_s, entity: [account, card], aggregate: first_seen}
          - {name: limit, entity: card, fact: credit_limit}
          - {name: device_cards_2d, entity: device, aggregate: distinct, of: card, window: 2d}
          - {name: embedded, hash_bucket: card, buckets: 64}
        """);
    Path json = folder.resolve("rotation.json");

    assertThat(
            run(
                "features",
                "rotation",
                spec,
                "default",
                "--since=2026-03-01T10:00:00Z",
                "--json=" + json))
        .as(err.toString())
        .isZero();

    assertThat(out.toString())
        .contains(
            """
            cards, version 2, 9 features
              as under one key, when both tokens were there for:
                card_count_1h 1h
                card_risk_7d 14d
                per_account 1h
              as under one key, once an entity's next events had both:
                speed_kmh
                limit
              looks back without end: knows nothing of before both:
                first_s
              takes old and new tokens for two, after the switch, for:
                device_cards_2d 2d
              makes another number of a token from the switch on:
                embedded
            """
                .replace("\n", System.lineSeparator()));
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    long reachMs = result.get("reach_ms").asLong();
    assertThat(result.get("specs").get(0).get("reach_ms").asLong()).isEqualTo(14 * 86_400_000L);
    assertThat(reachMs).isGreaterThanOrEqualTo(14 * 86_400_000L);
    assertThat(result.get("both_tokens_ms").asLong())
        .isEqualTo(reachMs + result.get("horizon_ms").asLong());
    assertThat(Instant.parse(result.get("switch_at_the_earliest").asText()))
        .isEqualTo(
            Instant.parse("2026-03-01T10:00:00Z")
                .plusMillis(result.get("both_tokens_ms").asLong()));

    assertThat(run("features", "rotation", spec, "--tokens=card,mcc")).isEqualTo(1);
    assertThat(err.toString())
        .contains("--tokens: expected entities such as card or ip, got 'mcc'");
  }

  /** The example: 102 features, most of which one sequence stands for. */
  @Test
  void explainsASequenceInOneLine() throws IOException {
    Path json = folder.resolve("explain.json");

    assertThat(run("features", "explain", "../examples/sequence-features.yaml", "--json=" + json))
        .as(err.toString())
        .isZero();

    assertThat(out.toString().lines().filter(line -> line.contains("past_")))
        .containsExactly(
            "  6-101  past_16_amount to past_1_merchant  sequence    -1       sequence: card, last: 16,"
                + " steps: [amount, elapsed, {name: online, where: channel == \"ecom\"},"
                + " {name: abroad, where: country != \"BE\"}, {name: mcc, of: mcc, buckets: 64},"
                + " {name: merchant, of: merchant, buckets: 1024}]");
    assertThat(out.toString())
        .contains(
            "\n       aggregate: last, of: amount, back: 1 to 16\n",
            "events: time, amount, 2 conditions, mcc, merchant");
    JsonNode vector = new ObjectMapper().readTree(json.toFile()).get("vector");
    assertThat(vector).hasSize(102);
    assertThat(vector.get(101).get("definition").asText())
        .isEqualTo("entity: card, aggregate: last, of: merchant, buckets: 1024");
  }

  @Test
  void whatIsNoWholeSequenceIsExplainedOneByOne() throws IOException {
    Path spec = folder.resolve("spec.yaml");
    Files.writeString(
        spec,
        """
        name: small
        version: 1
        features:
          - {name: a_2_b, entity: card, aggregate: last, of: amount, back: 2}
          - {name: a_1_b, entity: card, aggregate: last, of: amount, default: 1}
          - {name: c_2_d, entity: card, aggregate: elapsed, back: 2}
          - {name: e_3_elapsed, entity: card, aggregate: elapsed, back: 3}
          - {name: f_2_x, entity: card, aggregate: elapsed, back: 2}
          - {name: f_1_x, entity: card, aggregate: elapsed}
        """);

    assertThat(run("features", "explain", spec)).as(err.toString()).isZero();

    assertThat(out.toString())
        .contains(
            "\n      0  a_2_b",
            "\n      1  a_1_b",
            "\n      2  c_2_d",
            "\n      3  e_3_e",
            "\n      4  f_2_x")
        .contains("\n       aggregate: last, of: amount, back: 1, 2\n")
        .contains("\n       aggregate: elapsed, back: 1 to 3\n")
        .doesNotContain("sequence");
  }

  @Test
  void saysWhatDiffersBetweenTwoSpecs() throws IOException {
    Path bundle = Files.createDirectory(folder.resolve("bundle"));
    Path old = folder.resolve("old.yaml");
    Files.writeString(
        old,
        """
        name: small
        version: 1
        features:
          - {name: a, expression: amount}
          - {name: b, entity: account, aggregate: count, window: 90m}
          - {name: c, entity: account, aggregate: elapsed}
          - {name: d, ratio: [a, b], default: 1}
        """);
    Files.writeString(
        bundle.resolve("features.yaml"),
        """
        name: small
        version: 2
        features:
          - {name: c, entity: account, aggregate: elapsed, default: -1}
          - {name: a, expression: amount}
          - {name: e, entity: account, aggregate: count, window: 2h, include_current: false}
          - {name: b, entity: account, aggregate: count, window: 2h}
        """);

    assertThat(run("features", "diff", old, bundle)).as(err.toString()).isZero();

    assertThat(out.toString().lines().skip(2))
        .containsExactly(
            "removed  d",
            "added    e",
            "changed  c",
            "         - entity: account, aggregate: elapsed",
            "         + entity: account, aggregate: elapsed, default: -1",
            "changed  b",
            "         - entity: account, aggregate: count, window: 90m",
            "         + entity: account, aggregate: count, window: 2h",
            "moved    c  2 -> 0",
            "warms up e  right after 2h",
            "warms up b  right after 2h");
    assertThat(run("features", "diff", "default", "default")).isZero();
    assertThat(out.toString()).contains("the same features in the same order");
  }

  @Test
  void wrongUsageIsTwoAndWhatIsNotThereIsOne() throws IOException {
    Path input = write(HEADER + "0,2018-04-01T00:00:00,c1,t1,10.00,0,0\n");

    assertThat(run("features", "--input=" + input)).isEqualTo(2);
    assertThat(err.toString()).contains("vigil features: --format is missing");
    assertThat(features(input, folder.resolve("vectors.txt"))).isEqualTo(2);
    assertThat(err.toString()).contains("--out: expected a name ending in .csv, .csv.gz or");
    assertThat(run("features", "explain", "nothing")).isEqualTo(1);
    assertThat(err.toString())
        .contains(
            "vigil features explain: spec: expected a file, a bundle's folder, or one of default,"
                + " handbook, handbook-anomaly, handbook-behaviour, sparkov, got 'nothing'");
    assertThat(features(input, folder.resolve("missing").resolve("vectors.csv"))).isEqualTo(1);
    assertThat(err.toString()).contains("vectors.csv.partial: NoSuchFileException");
  }

  private Path write(String csv) throws IOException {
    return Files.writeString(folder.resolve("transactions.csv"), csv);
  }

  private int features(Path input, Path vectors, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "features",
                "--data=" + folder.resolve("data"),
                "--input=" + input,
                "--format=handbook",
                "--spec=handbook",
                "--out=" + vectors));
    arguments.addAll(List.of(more));
    return run(arguments.toArray());
  }

  private int run(Object... arguments) {
    return Vigil.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
  }
}
