package io.vigil.model.approval;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.YamlMap;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way from hand to hand, before it is published. Immutable.
 *
 * @param scope of the keyring for which it is signed
 * @param against digest of the champion of its kind, or null when there is none
 */
public record RequestFile(String scope, @Nullable String against, DeploymentRequest request) {
  private static final String FORMAT = "vigil-request-2";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");
  private static final String NAME_EXPECTED = "letters, digits, '.', '_', ':' and '-'";
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final String DIGEST_EXPECTED = "64 lower-case hex digits";
  private static final Map<String, Boolean> TRUTH = Map.of("true", true, "false", false);
  private static final int SIGNATURES_MAX = 16;

  /**
   * Reads a request.
   *
   * @param yaml the whole file
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static RequestFile read(String yaml, String origin) {
    YamlMap file =
        YamlMap.read(
            yaml,
            origin,
            "format",
            "scope",
            "id",
            "kind",
            "name",
            "version",
            "digest",
            "as",
            "share_basis_points",
            "effective_at",
            "break_glass",
            "backfill",
            "against",
            "plan",
            "signatures");
    file.choice("format", Map.of(FORMAT, FORMAT));
    List<Approval> signatures = new ArrayList<>();
    for (YamlMap entry : file.maps("signatures", SIGNATURES_MAX, "key", "signature")) {
      signatures.add(
          new Approval(entry.text("key", NAME, "a key's id"), bytes(entry, "signature")));
    }
    DeploymentRequest request =
        new DeploymentRequest(
            file.text("id", NAME, NAME_EXPECTED),
            file.choice("kind", Kind.byId()),
            file.choice("as", Alias.byId()),
            file.text("name", NAME, NAME_EXPECTED),
            file.text("version", NAME, NAME_EXPECTED),
            file.text("digest", DIGEST, DIGEST_EXPECTED),
            file.integer("share_basis_points", 0, 10_000),
            file.has("effective_at") ? instantMs(file, "effective_at") : 0,
            file.has("plan") ? bytes(file, "plan") : null,
            signatures,
            file.choice("break_glass", TRUTH),
            file.has("backfill") && file.choice("backfill", TRUTH));
    if (request.backfill() && !request.mayBackfill()) {
      throw file.because(
          "backfill",
          "expected a model that takes a place, for it alone brings features, got "
              + (request.ends() ? "the end of a " + request.alias().id() : request.kind().id()));
    }
    return new RequestFile(
        file.text("scope", NAME, NAME_EXPECTED),
        file.has("against") ? file.text("against", DIGEST, DIGEST_EXPECTED) : null,
        request);
  }

  private static long instantMs(YamlMap map, String key) {
    String expected = "a time such as '2026-01-31T06:00:00Z'";
    long ms = 0;
    try {
      ms = Instant.parse(map.text(key, expected)).toEpochMilli();
    } catch (DateTimeParseException | ArithmeticException e) {
      // As one that lies before all records.
    }
    if (ms <= 0) {
      throw map.wrong(key, expected);
    }
    return ms;
  }

  private static byte[] bytes(YamlMap map, String key) {
    try {
      return Base64.getDecoder().decode(map.text(key, "bytes in base64"));
    } catch (IllegalArgumentException e) {
      throw map.wrong(key, "bytes in base64");
    }
  }

  /** The request as a file. */
  public String text() {
    StringBuilder out = new StringBuilder();
    line(out, "format", FORMAT);
    line(out, "scope", scope);
    line(out, "id", request.id());
    line(out, "kind", request.kind().id());
    line(out, "name", request.name());
    line(out, "version", request.version());
    line(out, "digest", request.digest());
    line(out, "as", request.alias().id());
    out.append("share_basis_points: ").append(request.shareBasisPoints()).append('\n');
    if (request.effectiveAtMs() > 0) {
      line(out, "effective_at", Instant.ofEpochMilli(request.effectiveAtMs()).toString());
    }
    out.append("break_glass: ").append(request.breakGlass()).append('\n');
    if (request.backfill()) {
      // Nothing for false: what was written before there was such a key stays as it is.
      out.append("backfill: true\n");
    }
    if (against != null) {
      line(out, "against", against);
    }
    byte[] plan = request.plan();
    if (plan != null) {
      line(out, "plan", Base64.getEncoder().encodeToString(plan));
    }
    out.append(request.signatures().isEmpty() ? "signatures: []\n" : "signatures:\n");
    for (Approval approval : request.signatures()) {
      out.append(
          "  - {key: \"%s\", signature: \"%s\"}\n"
              .formatted(
                  approval.keyId(), Base64.getEncoder().encodeToString(approval.signature())));
    }
    return out.toString();
  }

  private static void line(StringBuilder out, String key, String value) {
    out.append(key).append(": \"").append(value).append("\"\n");
  }

  /** What a signature of it would state. */
  public Statement statement(long expiresMs) {
    return new Statement(scope, request, against, expiresMs);
  }

  /** This request with one more signature, in place of an earlier one by the same key. */
  public RequestFile with(Approval approval) {
    List<Approval> signatures = new ArrayList<>(request.signatures());
    signatures.removeIf(earlier -> earlier.keyId().equals(approval.keyId()));
    signatures.add(approval);
    return new RequestFile(
        scope,
        against,
        new DeploymentRequest(
            request.id(),
            request.kind(),
            request.alias(),
            request.name(),
            request.version(),
            request.digest(),
            request.shareBasisPoints(),
            request.effectiveAtMs(),
            request.plan(),
            signatures,
            request.breakGlass(),
            request.backfill()));
  }
}
