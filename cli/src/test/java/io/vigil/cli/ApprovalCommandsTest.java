package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Keys, and a request on its way from its author to the judge. */
class ApprovalCommandsTest {
  private static final String RULES =
      """
      name: cards
      version: 7
      rules: []
      """;
  private static final String DIGEST = Artefacts.digest(RULES);
  private static final String CHAMPION = "b".repeat(64);

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder = Path.of("");

  @BeforeEach
  void enrol() throws IOException {
    for (String name : List.of("ada", "bob")) {
      assertThat(vigil("keys", "new", name, "--out", at("keys"))).as(err.toString()).isZero();
      assertThat(
              vigil(
                  "keys",
                  "enrol",
                  "--keyring",
                  at("keyring.yaml"),
                  "--name",
                  name,
                  "--role",
                  name.equals("ada") ? "author" : "approver",
                  "--public",
                  at("keys/" + name + ".pub"),
                  "--expires",
                  "2100-01-01"))
          .as(err.toString())
          .isZero();
    }
    Files.writeString(folder.resolve("rules.yaml"), RULES);
    Files.writeString(
        folder.resolve("plan.yaml"),
        """
        format: vigil-plan-1
        verdict: change
        change:
          - {kind: rule_set, name: "cards", version: 7, digest: %s}
        against:
          - {kind: rule_set, name: "cards", version: 6, digest: %s}
        gates:
          - {gate: golden, observed: "64 rows", required: "every bit", verdict: passed}
          - {gate: fairness, observed: "no groups", required: "none", verdict: not_assessed}
        """
            .formatted(DIGEST, CHAMPION));
  }

  @Test
  void aRequestGoesFromItsAuthorToTheJudge() throws IOException {
    assertThat(request("champion")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("puts     rule_set cards, version 7, in force as champion");
    assertThat(check()).isEqualTo(1);
    assertThat(err.toString()).contains("vigil model check: unsigned: expected signatures of");
    assertThat(sign("ada")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("digest   " + DIGEST)
        .contains("against  " + CHAMPION)
        .contains("verdict  change")
        .contains("gate     golden: passed: 64 rows; required: every bit")
        .contains("gate     fairness: not assessed: no groups; required: none");
    assertThat(check()).isEqualTo(1);
    assertThat(err.toString()).contains("signed_once");
    assertThat(sign("ada")).isZero();
    assertThat(sign("bob")).isZero();

    assertThat(check("--registry", at("registry"), "--json", at("out.json")))
        .as(err.toString())
        .isZero();

    assertThat(out.toString()).contains("approved for good");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("out.json").toFile());
    assertThat(json.get("approved").asBoolean()).isTrue();
    assertThat(json.get("sha256").asText()).isEqualTo(DIGEST);
    assertThat(json.get("signed_by")).hasSize(2);
    assertThat(folder.resolve("registry/rule_set/" + DIGEST)).hasContent(RULES);
  }

  @Test
  void theJudgeSeesWhatWasChangedSince() throws IOException {
    request("champion");
    sign("ada");
    sign("bob");
    Path file = folder.resolve("request.yaml");
    String signed = Files.readString(file);
    Files.writeString(file, signed.replace("\"champion\"", "\"shadow\""));
    assertThat(check("--json", at("out.json"))).isEqualTo(1);
    assertThat(err.toString()).contains("bad_signature");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("out.json").toFile());
    assertThat(json.get("approved").asBoolean()).isFalse();
    assertThat(json.get("code").asText()).isEqualTo("bad_signature");
    Files.writeString(file, signed);
    assertThat(check("--in-force", "rule_set=" + "c".repeat(64))).isEqualTo(1);
    assertThat(err.toString()).contains("plan_against_another_champion");
    Instant later = Instant.now().plus(25, ChronoUnit.HOURS);
    assertThat(check("--at", later.toString())).isEqualTo(1);
    assertThat(err.toString()).contains("approval_expired");
    Files.delete(folder.resolve("registry/rule_set/" + DIGEST));
    assertThat(check("--registry", at("registry"))).isEqualTo(1);
    assertThat(err.toString()).contains("no such artefact in the registry");
  }

  @Test
  void whoIsRevokedSignsNothingAnyMoreAndStaysInTheFile() throws IOException {
    request("champion");
    sign("ada");
    sign("bob");
    assertThat(check()).as(err.toString()).isZero();
    String ring = Files.readString(folder.resolve("keyring.yaml"));
    String key =
        SigningKeys.id(SigningKeys.readPublic(Files.readString(folder.resolve("keys/bob.pub"))));

    assertThat(revoke("--id", key)).as(err.toString()).isZero();
    assertThat(check()).isEqualTo(1);
    assertThat(err.toString()).contains("revoked_key: ").contains("bob's key " + key);
    assertThat(revoke("--id", key)).isEqualTo(1);
    assertThat(err.toString()).contains("key: expected one that still signs, got " + key);
    assertThat(revoke("--id", "nobody")).isEqualTo(1);
    vigil("keys", "list", "--keyring", at("keyring.yaml"));
    assertThat(out.toString()).containsPattern(key + "  until 2100-01-01  revoked");

    Files.writeString(folder.resolve("keyring.yaml"), ring);
    assertThat(revoke("--name", "ada")).isZero();
    assertThat(check()).isEqualTo(1);
    assertThat(err.toString()).contains("ada's key");
    assertThat(revoke("--name", "ada")).isEqualTo(1);
    assertThat(revoke("--name", "zoe")).isEqualTo(1);
    assertThat(err.toString()).contains("person: expected one of the keyring, got zoe");
    assertThat(revoke()).isEqualTo(2);
  }

  private int revoke(String... more) {
    List<String> args = new ArrayList<>(List.of("keys", "revoke", "--keyring", at("keyring.yaml")));
    args.addAll(List.of(more));
    return vigil(args.toArray(String[]::new));
  }

  @Test
  void aTimeThatWasSignedCannotBeMoved() throws IOException {
    Instant monday = Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(2, ChronoUnit.DAYS);
    request("champion", "--effective-at", monday.toString());
    assertThat(out.toString()).contains("from     " + monday);
    sign("ada");
    sign("bob");
    assertThat(check()).as(err.toString()).isZero();
    Path file = folder.resolve("request.yaml");
    Files.writeString(
        file,
        Files.readString(file)
            .replace(monday.toString(), monday.minus(1, ChronoUnit.DAYS).toString()));
    assertThat(check()).isEqualTo(1);
    assertThat(err.toString()).contains("bad_signature");
  }

  @Test
  void whatIsInTheRegistryGoesByItsDigest() throws IOException {
    request("champion");
    int code = again(DIGEST, "again.yaml");
    assertThat(code).as(err.toString()).isZero();
    assertThat(out.toString()).contains("puts     rule_set cards, version 7, in force as champion");
    assertThat(again("0".repeat(64), "never.yaml")).isEqualTo(1);
    assertThat(err.toString()).contains("--artefact: expected one of the registry");
  }

  private int again(String digest, String file) {
    return vigil(
        "model",
        "request",
        "--artefact",
        digest,
        "--as",
        "champion",
        "--against",
        CHAMPION,
        "--registry",
        at("registry"),
        "--out",
        at(file));
  }

  @Test
  void aListNeedsNoPlan() throws IOException {
    String list = "name: blocked-devices\nversion: 3\nof: device\n\nd-1\n";
    Files.writeString(folder.resolve("devices.list"), list);
    assertThat(list("devices.list")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("puts     list blocked-devices, version 3, in force as champion");
    sign("ada");
    assertThat(check()).isEqualTo(1);
    assertThat(err.toString()).contains("signed_once");
    sign("bob");
    assertThat(check("--registry", at("registry"))).as(err.toString()).isZero();
    assertThat(folder.resolve("registry/list/" + Artefacts.digest(list))).hasContent(list);

    Files.writeString(folder.resolve("twice.list"), list + "d-1\n");
    assertThat(list("twice.list")).isEqualTo(1);
    assertThat(err.toString()).contains("twice.list:6: ");
    assertThat(list("none.list")).isEqualTo(1);
    assertThat(err.toString()).contains("--artefact: expected a file, got");
  }

  private int list(String file) {
    return vigil(
        "model",
        "request",
        "--artefact",
        at(file),
        "--kind",
        "list",
        "--as",
        "champion",
        "--registry",
        at("registry"),
        "--out",
        at(file.equals("devices.list") ? "request.yaml" : file + ".yaml"));
  }

  @Test
  void aModelIsKeptAsItsZip() throws IOException {
    String digest = Bundle.builtIn("default").digest();
    assertThat(
            vigil(
                "model",
                "request",
                "--artefact",
                "default",
                "--kind",
                "model",
                "--as",
                "shadow",
                "--against",
                "a".repeat(64),
                "--registry",
                at("registry"),
                "--out",
                at("request.yaml")))
        .as(err.toString())
        .isZero();
    sign("ada");
    sign("bob");
    assertThat(check("--registry", at("registry"))).as(err.toString()).isZero();
    assertThat(
            Bundle.ofZip("kept", Files.readAllBytes(folder.resolve("registry/model/" + digest)))
                .digest())
        .isEqualTo(digest);
  }

  @Test
  void historyIsAskedForWithAModelAlone() throws IOException {
    assertThat(request("champion", "--backfill")).isEqualTo(1);
    assertThat(err.toString())
        .contains("backfill: expected a model that takes a place")
        .contains("got rule_set");
    assertThat(folder.resolve("request.yaml")).doesNotExist();

    assertThat(
            vigil(
                "model",
                "request",
                "--artefact",
                "default",
                "--kind",
                "model",
                "--as",
                "shadow",
                "--backfill",
                "--against",
                "a".repeat(64),
                "--registry",
                at("registry"),
                "--out",
                at("request.yaml"),
                "--json",
                at("out.json")))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("backfill decides once the history of its new features");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("out.json").toFile());
    assertThat(json.get("backfill").asBoolean()).isTrue();
    sign("ada");
    sign("bob");
    assertThat(check("--registry", at("registry"))).as(err.toString()).isZero();
    Path file = folder.resolve("request.yaml");
    Files.writeString(file, Files.readString(file).replace("backfill: true\n", ""));
    assertThat(check("--registry", at("registry"))).isEqualTo(1);
    assertThat(err.toString()).contains("bad_signature");
  }

  @Test
  void aPrivateKeyIsItsOwnersAlone() throws IOException {
    Path secret = folder.resolve("keys/ada.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
        .isEqualTo("rw-------");
    String pem = Files.readString(secret);
    assertThat(out.toString()).doesNotContain("BEGIN").doesNotContain(pem.lines().toList().get(1));
    assertThat(vigil("keys", "new", "ada", "--out", at("keys"))).isEqualTo(1);
    assertThat(err.toString()).contains("expected a new name");
    assertThat(secret).hasContent(pem);

    request("champion");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(sign("ada")).isEqualTo(1);
    assertThat(err.toString()).contains("chmod 600").contains("rw-r-----");
    Files.copy(folder.resolve("keys/ada.pub"), folder.resolve("ada.pub"));
    Files.move(folder.resolve("keys/bob.key"), folder.resolve("ada.key"));
    assertThat(vigil("model", "sign", at("request.yaml"), "--key", at("ada.key"))).isEqualTo(1);
    assertThat(err.toString()).contains("expected the public key of");
  }

  @Test
  void aKeyringIsShownAndKept() throws IOException {
    assertThat(vigil("keys", "list", "--keyring", at("keyring.yaml"), "--json", at("out.json")))
        .isZero();
    assertThat(out.toString()).contains("for local").contains("ada: author").contains("signs");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("out.json").toFile());
    assertThat(json.get("keys")).hasSize(2);
    assertThat(json.get("keyring_sha256").asText())
        .isEqualTo(Artefacts.digest(Files.readString(folder.resolve("keyring.yaml"))));
    List<String> again =
        new ArrayList<>(
            List.of(
                "keys",
                "enrol",
                "--keyring",
                at("keyring.yaml"),
                "--name",
                "cy",
                "--role",
                "author",
                "--public",
                at("keys/ada.pub"),
                "--expires",
                "2100-01-01"));
    assertThat(vigil(again.toArray(String[]::new))).isEqualTo(1);
    assertThat(err.toString()).contains("expected a key that nobody has").contains("of ada");
    again.set(again.size() - 1, "2020-01-01");
    assertThat(vigil(again.toArray(String[]::new))).isEqualTo(1);
    assertThat(err.toString()).contains("expected a day after today");
    again.set(again.size() - 1, "soon");
    assertThat(vigil(again.toArray(String[]::new))).isEqualTo(2);
  }

  @Test
  void aRequestIsRefusedBeforeItIsWritten() throws IOException {
    assertThat(request("champion", "--share", "5%")).isEqualTo(1);
    assertThat(err.toString()).contains("--share: expected none for a champion");
    assertThat(request("challenger")).isEqualTo(1);
    assertThat(err.toString()).contains("--share: expected one for a challenger");
    assertThat(request("challenger", "--share", "5")).isEqualTo(2);
    assertThat(request("champion", "--id", "answer-a")).isEqualTo(1);
    assertThat(err.toString()).contains("--id: expected none that begins with answer-");
    assertThat(request("challenger", "--share", "101%")).isEqualTo(2);
    assertThat(request("boss")).isEqualTo(2);
    assertThat(request("champion", "--scope", "a b")).isEqualTo(1);
    Path plan = folder.resolve("plan.yaml");
    String text = Files.readString(plan);
    Files.writeString(plan, text.replace("version: 7", "version: 8"));
    assertThat(request("champion")).isEqualTo(1);
    assertThat(err.toString()).contains("--plan: expected one of rule_set cards, version 7");
    // A verdict that somebody has edited is none.
    Files.writeString(plan, text.replace("verdict: passed", "verdict: failed"));
    assertThat(request("champion")).isEqualTo(1);
    assertThat(err.toString()).contains("verdict: expected what the gates come to, got change");
    Files.writeString(
        plan,
        text.replace("verdict: change", "verdict: gate_failed")
            .replace("verdict: passed", "verdict: failed"));
    assertThat(request("champion")).isEqualTo(1);
    assertThat(err.toString()).contains("--plan: expected one whose gates all passed");
    assertThat(folder.resolve("request.yaml")).doesNotExist();
    Files.writeString(plan, text);
    assertThat(request("challenger", "--share", "0.25%")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("as challenger, 0.25 %");
    assertThat(request("challenger", "--share", "5%")).isEqualTo(1);
    assertThat(err.toString()).contains("--out: expected a new file");
    assertThat(vigil("model", "sign", at("request.yaml"), "--dry-run")).isZero();
    assertThat(Files.readString(folder.resolve("request.yaml"))).contains("signatures: []");
    assertThat(vigil("model", "sign", at("request.yaml"))).isEqualTo(1);
    assertThat(vigil("model", "sign", at("request.yaml"), "--valid", "8d")).isEqualTo(2);
    assertThat(vigil("keys")).isEqualTo(2);
  }

  private int request(String alias, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "model",
                "request",
                "--artefact",
                at("rules.yaml"),
                "--plan",
                at("plan.yaml"),
                "--as",
                alias,
                "--registry",
                at("registry"),
                "--out",
                at("request.yaml")));
    args.addAll(List.of(more));
    return vigil(args.toArray(String[]::new));
  }

  private int sign(String who) {
    return vigil("model", "sign", at("request.yaml"), "--key", at("keys/" + who + ".key"));
  }

  private int check(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("model", "check", at("request.yaml"), "--keyring", at("keyring.yaml")));
    args.addAll(List.of(more));
    return vigil(args.toArray(String[]::new));
  }

  private String at(String path) {
    return folder.resolve(path).toString();
  }

  private int vigil(String... args) {
    CommandLine commandLine = Vigil.commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(args);
  }
}
