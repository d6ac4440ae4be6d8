package io.vigil.console;

import static io.vigil.console.Alerts.START;
import static io.vigil.console.Alerts.alert;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people write about people, in a console with a vault, before and after an erasure. */
class SealedNotesTest {
  private static final String NOTE = "Annabella Kohlenbrenner called and was in Lisbon";
  private static final String VERDICT = "Kohlenbrenner says that her son Theophil did it";
  private static final String WHY = "mother of Theophil rang about it";
  private static final String OTHER = "Bartholomaeus Rettich confirms each of them";
  private static final String CONTROL = "plantedcontrolvalue of nobody in a vault";

  private final Path directory;

  SealedNotesTest(@TempDir Path temporary) {
    this.directory = temporary.resolve("vault");
  }

  @Test
  void notesGoWithTheAccountAndOthersStay() throws Exception {
    try (Vault vault =
        Vault.open(
            directory,
            LocalKeyService.load(Map.of(), directory, notice -> {}),
            Clock.systemUTC())) {
      String anna = vault.pseudonym("anna");
      String bert = vault.pseudonym("bert");
      vault.commit();
      try (TestConsole console = TestConsole.sealing(directory)) {
        erase(console, vault, anna, bert);
      }
    }
  }

  private void erase(TestConsole console, Vault vault, String anna, String bert) throws Exception {
    console.feed().alert(alert("1").account(anna).build());
    console.feed().alert(alert("2").account(bert).at(START.plus(Duration.ofDays(5))).build());
    console.feed().alert(alert("3").account("old").at(START.plus(Duration.ofDays(9))).build());
    TestConsole.Client lena = console.client("lena");
    long ofAnna = caseOf(lena, anna);
    long ofBert = caseOf(lena, bert);
    long ofOld = caseOf(lena, "old");
    assertThat(caseOf(lena, "anna")).isEqualTo(ofAnna);

    post(lena, ofAnna, "notes", Map.of("text", NOTE), 200);
    post(lena, ofAnna, "reveal", Map.of("why", WHY), 204);
    post(lena, ofAnna, "escalate", Map.of("note", VERDICT), 200);
    post(lena, ofBert, "notes", Map.of("text", OTHER), 200);
    post(lena, ofOld, "notes", Map.of("text", CONTROL), 200);
    post(lena, ofAnna, "notes", Map.of("text", "vigil-sealed:1:x:AAAA"), 400);
    assertThat(written(lena, ofAnna)).containsExactly(NOTE, VERDICT);
    assertThat(written(lena, ofBert)).containsExactly(OTHER);
    assertThat(console.client("otto").get("/api/access").toString()).contains(WHY);
    assertThat(found(lena, "kohlenbrenner")).isZero();
    assertThat(found(lena, "plantedcontrolvalue")).isEqualTo(1);

    vault.erase(anna, "eva", "request 1");

    JsonNode detail = lena.get("/api/cases/" + ofAnna);
    assertThat(written(lena, ofAnna)).isEmpty();
    assertThat(detail.path("history").findValuesAsText("missing"))
        .containsExactly("erased", "erased");
    assertThat(console.client("otto").get("/api/access").toString())
        .doesNotContain(WHY)
        .contains("(erased)");
    assertThat(written(lena, ofBert)).containsExactly(OTHER);
    assertThat(written(lena, ofOld)).containsExactly(CONTROL);
    assertThat(post(lena, ofAnna, "notes", Map.of("text", "more"), 409)).contains("erased");
    post(lena, ofAnna, "escalate", Map.of(), 200);

    for (String text : List.of(NOTE, VERDICT, WHY, OTHER, "Kohlenbrenner", "Theophil")) {
      assertThat(holders(console, text)).as(text).isEmpty();
    }
    assertThat(holders(console, CONTROL)).contains("case_event").hasSizeGreaterThan(1);
  }

  /** Tables with a row that has the text, and files of the server that have its bytes. */
  private static List<String> holders(TestConsole console, String text) throws IOException {
    List<String> holders =
        console
            .database()
            .inTransaction(
                handle -> {
                  handle.execute("checkpoint");
                  List<String> tables =
                      handle
                          .createQuery(
                              "select tablename from pg_tables where schemaname = 'public'")
                          .mapTo(String.class)
                          .list();
                  assertThat(tables).contains("case_event", "access_log", "fraud_case", "outbox");
                  List<String> with = new ArrayList<>();
                  for (String table : tables) {
                    boolean has =
                        handle
                            .createQuery(
                                "select exists (select 1 from \"%s\" t where position(lower(:text) in lower(t::text)) > 0)"
                                    .formatted(table))
                            .bind("text", text)
                            .mapTo(Boolean.class)
                            .one();
                    if (has) {
                      with.add(table);
                    }
                  }
                  return with;
                });
    String data =
        console
            .database()
            .read(handle -> handle.createQuery("show data_directory").mapTo(String.class).one());
    byte[] needle = text.getBytes(StandardCharsets.UTF_8);
    try (Stream<Path> files = Files.walk(Path.of(data))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try {
          if (contains(Files.readAllBytes(file), needle)) {
            holders.add(file.toString());
          }
        } catch (NoSuchFileException e) {
          // The server removes files as it goes.
        }
      }
    }
    return holders;
  }

  private static boolean contains(byte[] bytes, byte[] needle) {
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .contains(new String(needle, StandardCharsets.ISO_8859_1));
  }

  private static List<String> written(TestConsole.Client client, long caseId) throws Exception {
    List<String> written = new ArrayList<>();
    for (JsonNode event : client.get("/api/cases/" + caseId).path("history")) {
      for (String name : List.of("text", "note")) {
        if (event.path("detail").path(name).isTextual()) {
          written.add(event.path("detail").path(name).asText());
        }
      }
    }
    return written;
  }

  private static String post(
      TestConsole.Client client, long caseId, String what, Map<String, String> body, int expected)
      throws Exception {
    var answer =
        client.send(
            "POST",
            "/api/cases/" + caseId + "/" + what,
            io.vigil.console.cases.CaseEvents.JSON.writeValueAsString(body));
    assertThat(answer.statusCode()).as(what + answer.body()).isEqualTo(expected);
    return answer.body();
  }

  private static long caseOf(TestConsole.Client client, String words) throws Exception {
    JsonNode cases = client.get("/api/queue?status=all&q=" + words).path("cases");
    assertThat(cases).as(words).hasSize(1);
    return cases.get(0).path("case_id").asLong();
  }

  private static int found(TestConsole.Client client, String words) throws Exception {
    return client.get("/api/queue?status=all&q=" + words).path("cases").size();
  }
}
