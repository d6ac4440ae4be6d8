package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.result.DecisionsForTest;
import io.vigil.schema.Decision;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands over an archive of some days. */
class ArchiveCommandTest {
  private static final LocalDate FIRST = LocalDate.of(2020, 1, 1);
  private static final int DAYS = 4;
  private static final int FILES = 6;
  private static final int A_FILE = 25;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final List<Decision> decisions = new ArrayList<>();

  @TempDir private Path folder = Path.of("");
  private Path archive = Path.of("");
  private Path json = Path.of("");

  @BeforeEach
  void write() throws IOException {
    archive = folder.resolve("archive");
    json = folder.resolve("out.json");
    Random random = new Random(5);
    for (int day = 0; day < DAYS; day++) {
      LocalDate date = FIRST.plusDays(day);
      Path its = Files.createDirectories(archive.resolve("decisions/day=" + date));
      for (int file = 0; file < FILES; file++) {
        try (DataFileWriter<Decision> writer =
            new DataFileWriter<>(new SpecificDatumWriter<>(Decision.class))) {
          writer.create(
              Decision.getClassSchema(), its.resolve("decisions-" + file + ".avro").toFile());
          for (int i = 0; i < A_FILE; i++) {
            Decision decision = DecisionsForTest.random("t" + decisions.size(), random);
            decision.setEffectiveTime(
                date.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli()
                    + random.nextInt(1000));
            decisions.add(decision);
            writer.append(decision);
          }
        }
      }
    }
  }

  @Test
  void listsCompactsIndexesAndFinds() throws IOException {
    JsonNode before = vigil(0, "archive", "list");
    assertThat(before.at("/kinds/decisions/files").asInt()).isEqualTo(DAYS * FILES);
    assertThat(before.at("/kinds/decisions/records").asInt()).isEqualTo(decisions.size());
    assertThat(before.at("/days/0/compacted").asBoolean()).isFalse();
    assertThat(before.at("/days/0/indexed").asText()).isEqualTo("no");

    assertThat(vigil(0, "archive", "index", "--to=2020-01-02").at("/indexed")).hasSize(2);
    assertThat(vigil(0, "archive", "index", "--to=2020-01-02").at("/indexed")).isEmpty();
    assertThat(vigil(0, "archive", "compact", "--dry-run").at("/compacted")).hasSize(DAYS);
    JsonNode compacted = vigil(0, "archive", "compact", "--before=2020-01-04");
    assertThat(compacted.at("/compacted")).hasSize(DAYS - 1);
    assertThat(compacted.at("/compacted/0/records").asInt()).isEqualTo(FILES * A_FILE);
    assertThat(compacted.at("/compacted/0/files_after").asInt()).isEqualTo(1);

    JsonNode after = vigil(0, "archive", "list");
    assertThat(after.at("/kinds/decisions/files").asInt()).isEqualTo(DAYS - 1 + FILES);
    assertThat(after.at("/kinds/decisions/records").asInt()).isEqualTo(decisions.size());
    assertThat(after.at("/days/0/indexed").asText()).isEqualTo("yes");
    assertThat(after.at("/days/2/indexed").asText()).isEqualTo("no");

    JsonNode found = vigil(0, "archive", "find", "--transaction=t7", "--to=2020-01-02");
    assertThat(found.at("/decisions")).hasSize(1);
    assertThat(found.at("/decisions/0/outcome").asText())
        .isEqualTo(decisions.get(7).getOutcome().name());
    assertThat(found.at("/blocks_read").asInt()).isEqualTo(1);
    assertThat(found.at("/files_scanned").asInt()).isZero();
    String account = decisions.get(7).getTransaction().getAccount();
    assertThat(vigil(0, "archive", "find", "--entity=account=" + account).at("/decisions"))
        .hasSize(
            (int)
                decisions.stream()
                    .filter(one -> one.getTransaction().getAccount().equals(account))
                    .count());
  }

  @Test
  void expiresByPolicy() throws IOException {
    Path holds = folder.resolve("holds.yaml");
    Files.writeString(holds, "holds: [{from: 2020-01-02, to: 2020-01-02, reason: Case 4711}]");
    String[] expire = {
      "archive", "expire", "--keep=decisions=10d", "--as-of=2020-01-13", "--hold=" + holds
    };
    JsonNode plan = vigil(0, join(expire, "--dry-run"));
    assertThat(plan.at("/over")).hasSize(1);
    assertThat(plan.at("/held/0/reason").asText()).isEqualTo("Case 4711");

    vigil(0, join(expire, "--by=anna"));

    assertThat(archive.resolve("decisions/day=2020-01-01")).doesNotExist();
    assertThat(archive.resolve("decisions/day=2020-01-02")).exists();
    assertThat(archive.resolve("_lock")).doesNotExist();
    assertThat(Files.readString(archive.resolve("_journal/000001.jsonl")))
        .startsWith("{\"who\":\"anna\"")
        .contains("Case 4711");
  }

  @Test
  void refusesToLoseReplaysUnasked() throws IOException {
    for (int day = 0; day < DAYS; day++) {
      String date = "day=" + FIRST.plusDays(day);
      Path its = Files.createDirectories(archive.resolve("dead-letters").resolve(date));
      Files.copy(
          archive.resolve("decisions").resolve(date).resolve("decisions-0.avro"),
          its.resolve("dead-letters-0.avro"));
    }
    String[] expire = {"archive", "expire", "--keep=dead-letters=1d", "--as-of=2020-01-03"};
    JsonNode refused = vigil(1, expire);
    assertThat(refused.at("/refused").asBoolean()).isTrue();
    assertThat(refused.at("/unreplayable")).hasSize(DAYS);
    assertThat(err.toString()).contains("could be replayed no more");
    assertThat(archive.resolve("dead-letters/day=2020-01-01")).exists();

    vigil(0, join(expire, "--accept-replay-loss"));

    assertThat(archive.resolve("dead-letters/day=2020-01-01")).doesNotExist();
  }

  @Test
  void saysWhatIsWrong() {
    run("archive");
    assertThat(err.toString()).contains("expected list, compact, index, find or expire");
    assertThat(run("archive", "list", "--archive=" + folder.resolve("no"))).isEqualTo(1);
    assertThat(err.toString()).contains("archive: expected a folder with KIND/day=…");
    assertThat(run("archive", "list", "--archive=" + archive, "--kind=odd")).isEqualTo(1);
    assertThat(err.toString()).contains("expected a kind of [decisions], got 'odd'");
    assertThat(run("archive", "find", "--archive=" + archive, "--entity=shop=1")).isEqualTo(1);
    assertThat(err.toString()).contains("expected KIND=KEY with a kind of [account, card,");
    assertThat(run("archive", "expire", "--archive=" + archive)).isEqualTo(2);
    assertThat(
            run("archive", "expire", "--archive=" + archive, "--keep=a=1d", "--as-of=2999-01-01"))
        .isEqualTo(2);
    assertThat(run("archive", "expire", "--archive=" + archive, "--keep=starts=1d")).isEqualTo(1);
    assertThat(err.toString()).contains("starts: every replay or audit needs it");
  }

  private static String[] join(String[] some, String more) {
    String[] all = java.util.Arrays.copyOf(some, some.length + 1);
    all[some.length] = more;
    return all;
  }

  private JsonNode vigil(int code, String... args) throws IOException {
    List<String> all = new ArrayList<>(List.of(args));
    all.add("--archive=" + archive);
    all.add("--json=" + json);
    if (!args[1].equals("list") && !args[1].equals("find")) {
      all.add("--data=" + folder.resolve("data"));
    }
    assertThat(run(all.toArray(String[]::new))).as(out.toString() + err).isEqualTo(code);
    return new ObjectMapper().readTree(json.toFile());
  }

  private int run(String... args) {
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(args);
  }
}
