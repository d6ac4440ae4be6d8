package io.vigil.model.approval;

import io.vigil.model.artefact.Artefacts;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a person signs. Its bytes begin with a text of their own, so that they are nothing else that
 * is ever signed, and every field stands behind its length, so that two statements are the same
 * bytes only when all their fields are the same. Immutable.
 *
 * @param scope of the keyring for which the signature counts
 * @param request signed but for its signatures; of the plan the digest
 * @param against digest of the champion that the request would replace or run beside, or null when
 *     there is none
 * @param expiresMs from this effective time on the signature counts no more, milliseconds since the
 *     epoch
 */
public record Statement(
    String scope, DeploymentRequest request, @Nullable String against, long expiresMs) {
  private static final String DOMAIN = "vigil-approval-2";
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  public Statement {
    if (against != null && !DIGEST.matcher(against).matches()) {
      throw new IllegalArgumentException(
          "against: expected 64 lower-case hex digits, got " + against);
    }
  }

  /** The signed bytes. */
  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    text(out, DOMAIN);
    text(out, scope);
    text(out, request.id());
    text(out, request.kind().id());
    text(out, request.alias().id());
    field(out, ByteBuffer.allocate(4).putInt(request.shareBasisPoints()).array());
    field(out, ByteBuffer.allocate(8).putLong(request.effectiveAtMs()).array());
    text(out, request.name());
    text(out, request.version());
    text(out, request.digest());
    field(out, new byte[] {(byte) (request.breakGlass() ? 1 : 0)});
    text(out, orNothing(planDigest(request)));
    text(out, orNothing(against));
    field(out, ByteBuffer.allocate(8).putLong(expiresMs).array());
    if (request.backfill()) {
      // Last, and only where it is asked for: statements without it stay the bytes that they were.
      // They end behind their fourteenth field and these behind a fifteenth, so that none of the
      // one sort is the bytes of one of the other.
      text(out, "backfill");
    }
    return out.toByteArray();
  }

  private static void text(ByteArrayOutputStream out, String text) {
    field(out, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void field(ByteArrayOutputStream out, byte[] bytes) {
    out.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
    out.writeBytes(bytes);
  }

  private static String orNothing(@Nullable String digest) {
    return digest == null ? "" : digest;
  }

  /** SHA-256 of the request's plan, hex, or null without one. */
  static @Nullable String planDigest(DeploymentRequest request) {
    byte[] plan = request.plan();
    return plan == null ? null : Artefacts.digest(plan);
  }

  /**
   * Signs.
   *
   * @throws IllegalArgumentException when the keys are no pair, or not of Ed25519
   */
  public Approval sign(PrivateKey privateKey, PublicKey publicKey) {
    if (!SigningKeys.pair(privateKey, publicKey)) {
      throw new IllegalArgumentException(
          "expected the private key of %s, got another".formatted(SigningKeys.id(publicKey)));
    }
    Seal seal =
        new Seal(expiresMs, planDigest(request), against, SigningKeys.sign(privateKey, bytes()));
    return new Approval(SigningKeys.id(publicKey), seal.bytes());
  }

  /** The statement in words, a line for each thing that is signed. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(line("request", "%s, for %s", request.id(), scope));
    lines.add(
        line(
            "puts",
            "%s %s, version %s, in force as %s%s",
            request.kind().id(),
            request.name(),
            request.version(),
            request.alias().id(),
            request.alias() == Alias.CHAMPION
                ? ""
                : String.format(Locale.ROOT, ", %.2f %%", request.shareBasisPoints() / 100.0)));
    if (request.effectiveAtMs() > 0) {
      lines.add(line("from", "%s", Instant.ofEpochMilli(request.effectiveAtMs())));
    }
    lines.add(line("digest", "%s", request.digest()));
    lines.add(line("against", "%s", against == null ? "no champion" : against));
    String plan = planDigest(request);
    lines.add(line("plan", "%s", plan == null ? "none" : plan));
    if (request.breakGlass()) {
      lines.add(line("glass", "broken: one signature, %d h", Judge.BREAK_GLASS_MS / 3_600_000));
    }
    if (request.backfill()) {
      lines.add(line("backfill", "decides once the history of its new features is read"));
    }
    lines.add(line("expires", "%s", Instant.ofEpochMilli(expiresMs)));
    return lines;
  }

  private static String line(String what, String format, Object... values) {
    return "%-9s".formatted(what) + String.format(Locale.ROOT, format, values);
  }
}
