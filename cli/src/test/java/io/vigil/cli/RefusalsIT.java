package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One live job is asked for everything that it must refuse: through the command line where that
 * lets it pass, else as somebody would who writes to the topic and the registry by hand. Each
 * request is answered on the control topic with its own reason, and what decides stays what it was.
 */
@Tag("slow")
class RefusalsIT {
  private static final int SEEN = 150;
  private static final String FAR = "2100-01-01";
  private static final String PAST = "2020-01-01";
  private static final int SIZE_MAX = 2 << 20;
  private static final int LOAD_LIMIT_MS = 15_000;

  private final Map<String, String> seen = new LinkedHashMap<>();
  @TempDir private Path folder = Path.of("");
  private Bundle first;
  private Bundle second;
  private ReleaseDesk desk;
  private LiveRollout live;

  @Test
  @SuppressWarnings("SystemOut") // What was seen is worth showing beside the verdict.
  void eachIsRefusedForItsOwnReasonAndTheChampionDecidesOn() throws Exception {
    first = Bundle.read(HundredFeatures.bundle(folder.resolve("first"), "first", 7));
    second = Bundle.read(HundredFeatures.bundle(folder.resolve("second"), "second", 8));
    desk = new ReleaseDesk(folder);
    desk.enrol("ada", "ada", "author", FAR);
    desk.enrol("ada", "ada-two", "approver", FAR);
    desk.enrol("bob", "bob", "approver", FAR);
    desk.enrol("eve", "eve", "approver", "2099-09-09");
    // Nobody is enrolled with a key that has expired, but keys do expire.
    Path keyring = folder.resolve("keyring.yaml");
    Files.writeString(keyring, Files.readString(keyring).replace("2099-09-09", PAST));
    Map<String, String> options =
        Map.of(
            "vigil.control.artefact-size-max",
            SIZE_MAX + " bytes",
            "vigil.control.load-limit",
            LOAD_LIMIT_MS + " ms");
    try (LiveRollout started = new LiveRollout(folder, folder.resolve("first"), options)) {
      live = started;
      live.await("decisions", () -> live.decided() > SEEN);
      forItsSignatures();
      forItsPlan();
      forItsArtefact();
      forItsTime();

      String listed = desk.vigil("model", "list", "--bootstrap", live.bootstrap());
      assertThat(listed).contains("nothing was put in force since the job was started");
      // It still does what it is rightly asked for.
      Path shadow = desk.request("second", "shadow", "--against", first.digest());
      Deployment asked = ReleaseDesk.record(desk.sign(shadow, "ada", "bob"));
      live.publish(asked);
      assertThat(live.answer(asked).getStatus()).isEqualTo(DeploymentStatus.ACTIVATED);
      live.finish();
      live.replay();
      assertThat(live.decisions())
          .allSatisfy(
              (Decision decision) -> {
                assertThat(LiveRollout.model(decision)).isEqualTo(first.digest());
                assertThat(decision.getFallbackCause()).isNull();
              });
      seen.forEach((what, reason) -> System.out.println(what + " -> " + reason));
      System.out.printf("decisions %d, refusals %d%n", live.decided(), seen.size());
    }
  }

  private void forItsSignatures() throws Exception {
    applied("unsigned", planned(), "unsigned", "an author and an approver, got none");
    applied(
        "signed once", desk.sign(planned(), "ada"), "signed_once", "two persons, got that of ada");
    applied(
        "author as approver",
        desk.sign(planned(), "ada", "ada-two"),
        "author_is_approver",
        "two persons, got 2 of ada");
    applied(
        "expired key",
        desk.sign(planned(), "ada", "eve"),
        "expired_key",
        "which expired on " + PAST);
    Path signed = desk.sign(planned(), "ada", "bob");
    DeploymentRequest request = ReleaseDesk.read(signed).request();
    applied(
        "altered after signing",
        desk.rewritten(signed, with(request, 5_000, request.plan())),
        "bad_signature",
        "a request that was altered since");
  }

  private void forItsPlan() throws Exception {
    Path failed = desk.plan("failed.yaml", second, first.digest(), "gate_failed");
    assertThat(
            desk.tried(
                    "model",
                    "request",
                    "--artefact",
                    desk.at("second"),
                    "--plan",
                    failed.toString(),
                    "--as",
                    "champion",
                    "--registry",
                    desk.at("registry"),
                    "--out",
                    desk.at("none.yaml"))
                .err())
        .contains("expected one whose gates all passed, got one that failed");
    Path unsigned = planned();
    DeploymentRequest request = ReleaseDesk.read(unsigned).request();
    Path byHand = desk.rewritten(unsigned, with(request, 500, Files.readAllBytes(failed)));
    applied("plan failed", desk.sign(byHand, "ada", "bob"), "plan_failed", "got one that failed");

    Path signed = desk.sign(planned(), "ada", "bob");
    DeploymentRequest before = ReleaseDesk.read(signed).request();
    applied(
        "plan exchanged after signing",
        desk.rewritten(signed, with(before, 500, Files.readAllBytes(failed))),
        "plan_altered",
        "expected the plan that ");

    Path other = desk.plan("other.yaml", second, "1".repeat(64), "change");
    applied(
        "plan made against another champion",
        desk.sign(
            desk.request("second", "challenger", "--share", "5%", "--plan", other.toString()),
            "ada",
            "bob"),
        "plan_against_another_champion",
        "against " + "1".repeat(64));
  }

  private void forItsArtefact() throws Exception {
    applied(
        "spec fingerprint mismatch",
        desk.sign(ofAnotherFingerprint(), "ada", "bob"),
        "artefact_not_verified",
        "features.yaml must have the fingerprint " + "0".repeat(64));

    Path unreachable = signedShadow("second");
    Files.delete(kept(second));
    applied(
        "bundle unreachable",
        unreachable,
        "artefact_missing",
        "expected an artefact of the registry, got none");

    // Text that no compression makes small.
    StringBuilder card = new StringBuilder();
    for (int i = 0; card.length() < SIZE_MAX; i++) {
      card.append(Artefacts.digest("" + i));
    }
    HundredFeatures.bundle(folder.resolve("large"), "large", 9, card.toString());
    applied(
        "bundle too large",
        signedShadow("large"),
        "artefact_too_large",
        "expected at most " + SIZE_MAX + " bytes");

    Path folderOfBomb =
        HundredFeatures.bundle(folder.resolve("bomb"), "bomb", 10, "#".repeat(100 << 20));
    Path bomb = signedShadow("bomb");
    Path inRegistry = kept(Bundle.read(folderOfBomb));
    Files.delete(inRegistry);
    zip(folderOfBomb, inRegistry, true);
    assertThat(Files.size(inRegistry)).isLessThan(SIZE_MAX / 4);
    applied(
        "bundle that is small until it is unpacked",
        bomb,
        "artefact_not_verified",
        "brings what is compressed to more than 0 bytes");
  }

  private void forItsTime() throws Exception {
    Path slow = signedShadow("second");
    byte[] zip = Files.readAllBytes(kept(second));
    try (Pipe pipe = new Pipe(kept(second))) {
      applied(
          "bundle that takes too long",
          slow,
          "load_timeout",
          "verified and warm within " + LOAD_LIMIT_MS + " ms, it was not");
      assertThat(pipe.isRead()).isTrue();
    }
    Files.write(kept(second), zip);
  }

  private Path kept(Bundle bundle) {
    return folder.resolve("registry/model/" + bundle.digest());
  }

  /** A sound request for a canary, not signed yet. */
  private Path planned() throws IOException {
    Path plan = desk.plan("plan.yaml", second, first.digest(), "change");
    return desk.request("second", "challenger", "--share", "5%", "--plan", plan.toString());
  }

  private Path signedShadow(String bundle) {
    return desk.sign(desk.request(bundle, "shadow", "--against", first.digest()), "ada", "bob");
  }

  private static DeploymentRequest with(
      DeploymentRequest request, int share, byte @Nullable [] plan) {
    return new DeploymentRequest(
        request.id(),
        request.kind(),
        request.alias(),
        request.name(),
        request.version(),
        request.digest(),
        share,
        request.effectiveAtMs(),
        plan,
        request.signatures(),
        request.breakGlass(),
        request.backfill());
  }

  /** Of a bundle whose manifest speaks of another spec than it has; no command takes it. */
  private Path ofAnotherFingerprint() throws IOException {
    Path bundle = HundredFeatures.bundle(folder.resolve("unlike"), "unlike", 11);
    Path manifest = bundle.resolve("manifest.yaml");
    String yaml =
        Files.readString(manifest)
            .replaceFirst("(feature_fingerprint: ).*", "$1" + "'" + "0".repeat(64) + "'");
    Files.writeString(manifest, yaml);
    assertThat(desk.tried("model", "validate", bundle.toString()).err())
        .contains("must have the fingerprint");
    String digest = Artefacts.digest(yaml);
    zip(bundle, folder.resolve("registry/model/" + digest), false);
    Path shadow = desk.request("second", "shadow", "--against", first.digest());
    DeploymentRequest request = ReleaseDesk.read(shadow).request();
    return desk.rewritten(
        shadow,
        new DeploymentRequest(
            request.id(),
            request.kind(),
            request.alias(),
            "unlike",
            "1",
            digest,
            request.shareBasisPoints(),
            request.effectiveAtMs(),
            null,
            List.of(),
            false,
            false));
  }

  private static void zip(Path bundle, Path zip, boolean compressed) throws IOException {
    try (OutputStream file = Files.newOutputStream(zip);
        ZipOutputStream out = new ZipOutputStream(file);
        Stream<Path> files = Files.list(bundle)) {
      for (Path each : files.sorted().toList()) {
        byte[] bytes = Files.readAllBytes(each);
        ZipEntry entry = new ZipEntry(each.getFileName().toString());
        if (!compressed) {
          CRC32 crc = new CRC32();
          crc.update(bytes);
          entry.setMethod(ZipEntry.STORED);
          entry.setSize(bytes.length);
          entry.setCrc(crc.getValue());
        }
        out.putNextEntry(entry);
        out.write(bytes);
      }
    }
  }

  /** Applies a request, and holds the answer on the control topic against what was expected. */
  private void applied(String what, Path request, String code, String message) throws Exception {
    ReleaseDesk.Told told =
        desk.tried("model", "apply", request.toString(), "--bootstrap", live.bootstrap());
    assertThat(told.code()).as(what + ": " + told.out()).isEqualTo(1);
    assertThat(told.err()).contains("refused: " + code + ": ");
    Deployment asked = ReleaseDesk.record(request);
    Deployment answer = live.answer(asked);
    assertThat(answer.getStatus()).isEqualTo(DeploymentStatus.REFUSED);
    assertThat(answer.getDigest()).isEqualTo(asked.getDigest());
    assertThat(answer.getReason()).as(what).startsWith(code + ": ").contains(message);
    seen.put(what, answer.getReason());
  }
}
