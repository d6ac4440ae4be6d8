package io.vigil.model.approval;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request that is approved as it stands, for tests that break one thing: fields are changed
 * before {@link #sign}, records after it.
 */
final class SignedDraft {
  static final long NOW_MS = 1_767_225_600_000L; // 2026-01-01
  static final String NEW = "a".repeat(64);
  static final String CHAMPION = "b".repeat(64);
  static final String FORMER = "c".repeat(64);

  /** Pairs by the person's name and a number. */
  static final Map<String, KeyPair> PAIRS = new LinkedHashMap<>();

  static final Keyring KEYRING = keyring();
  static final InForce IN_FORCE =
      new InForce(
          Map.of(Kind.MODEL, "d".repeat(64), Kind.RULE_SET, CHAMPION, Kind.POLICY, "e".repeat(64)),
          Set.of(FORMER));

  String scope = "test";
  String id = "request-1";
  Kind kind = Kind.RULE_SET;
  Alias alias = Alias.CHAMPION;
  String name = "cards";
  String version = "7";
  String digest = NEW;
  int share;
  long effectiveAtMs;
  byte @Nullable [] plan = plan("rule_set", "cards", "7", NEW, CHAMPION, "change");
  boolean breakGlass;
  boolean backfill;
  @Nullable String against = CHAMPION;
  long expiresMs = NOW_MS + 86_400_000L;
  List<String> signers = new ArrayList<>(List.of("ada", "bob"));

  private static Keyring keyring() {
    Keyring ring = Keyring.empty("test");
    LocalDate later = LocalDate.of(2026, 12, 31);
    ring = enrol(ring, "ada", "ada", later, Role.AUTHOR);
    ring = enrol(ring, "ada2", "ada", later);
    ring = enrol(ring, "bob", "bob", later, Role.APPROVER);
    ring = enrol(ring, "bob-old", "bob", LocalDate.of(2026, 1, 1));
    ring = enrol(ring, "bob-lost", "bob", later);
    ring = enrol(ring, "cy", "cy", later, Role.AUTHOR, Role.APPROVER);
    ring = enrol(ring, "cy2", "cy", later);
    ring = enrol(ring, "olga", "olga", later, Role.OPERATOR);
    ring = enrol(ring, "rex", "rex", later, Role.AUTHOR, Role.APPROVER, Role.OPERATOR);
    PAIRS.put("nobody", SigningKeys.generate());
    String lost = "id: \"" + SigningKeys.id(PAIRS.get("bob-lost").getPublic()) + "\"";
    return Keyring.read(
        ring.toYaml()
            .replaceAll("(" + lost + ".*)}", "$1, revoked: true}")
            .replace("name: rex\n", "name: rex\n    revoked: true\n"),
        "keyring.yaml");
  }

  private static Keyring enrol(
      Keyring ring, String pair, String person, LocalDate expires, Role... roles) {
    KeyPair keys = SigningKeys.generate();
    PAIRS.put(pair, keys);
    Set<Role> all = EnumSet.noneOf(Role.class);
    all.addAll(List.of(roles));
    return ring.enrol(person, all, keys.getPublic(), expires);
  }

  static byte[] plan(
      String kind, String name, String version, String digest, String champion, String verdict) {
    return """
    format: vigil-plan-1
    created_at: 2026-01-01T00:00:00Z
    verdict: %s
    change:
      - {kind: %s, name: "%s", version: %s, digest: %s}
    against:
      - {kind: model, name: "m", version: 3, digest: %s}
      - {kind: rule_set, name: "cards", version: 6, digest: %s}
      - {kind: rates, name: "ecb", version: 1, digest: %s}
    gates:
      - gate: golden
        observed: "64 rows"
        required: "every bit"
        verdict: %s
    """
        .formatted(
            verdict,
            kind,
            name,
            version,
            digest,
            "d".repeat(64),
            champion,
            "f".repeat(64),
            verdict.equals("gate_failed") ? "failed" : "passed")
        .getBytes(StandardCharsets.UTF_8);
  }

  DeploymentRequest sign() {
    DeploymentRequest unsigned = request(List.of());
    List<Approval> approvals = new ArrayList<>();
    for (String signer : signers) {
      KeyPair pair = PAIRS.get(signer);
      approvals.add(
          new Statement(scope, unsigned, against, expiresMs)
              .sign(pair.getPrivate(), pair.getPublic()));
    }
    return request(approvals);
  }

  DeploymentRequest request(List<Approval> approvals) {
    return new DeploymentRequest(
        id,
        kind,
        alias,
        name,
        version,
        digest,
        share,
        effectiveAtMs,
        plan,
        approvals,
        breakGlass,
        backfill);
  }

  static @Nullable Refusal judge(DeploymentRequest request) {
    return new Judge(KEYRING).judge(request, IN_FORCE, NOW_MS);
  }

  /** The code of the refusal, {@code ok} without one. */
  static String code(DeploymentRequest request) {
    Refusal refusal = judge(request);
    return refusal == null ? "ok" : refusal.code();
  }
}
