package io.vigil.model.approval;

import io.vigil.model.artefact.ArtefactException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Says whether a request may be put in force. A pure function of the keyring, the request, what is
 * in force, and the effective time. Immutable and thread-safe.
 *
 * <p>Signed by two persons, an author and an approver, and with a plan of this very artefact
 * against what is in force, no gate of which failed. Without a plan goes what decides nothing
 * (shadows), what ends (shares of 0), what was champion before, and lists: they change by the hour,
 * and what they do stands in rules that were planned. Breaking the glass takes one approver or
 * operator, for a rule set, for what was champion before, and for ends.
 *
 * <p>Every id is judged once: the caller remembers ids for at least {@link #APPROVAL_MS_MAX}, or a
 * request that was undone could be put in force again by whoever has its bytes.
 */
public final class Judge {
  /** How long a broken glass lasts, in milliseconds. */
  public static final long BREAK_GLASS_MS = 4 * 3_600_000L;

  /** No approval may last longer than this from the request's effective time, in milliseconds. */
  public static final long APPROVAL_MS_MAX = 7 * 86_400_000L;

  /**
   * What goes to a running job by itself: a feature spec comes with its model, rates at a start.
   */
  public static final Set<Kind> LIVE =
      Collections.unmodifiableSet(EnumSet.of(Kind.MODEL, Kind.RULE_SET, Kind.POLICY, Kind.LIST));

  private static final int SHARE_MAX = 10_000;
  private static final int SIGNATURES_MAX = 16;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  private final Keyring keyring;
  private final Set<Kind> live;

  /** A judge of the kinds in {@link #LIVE}. */
  public Judge(Keyring keyring) {
    this(keyring, LIVE);
  }

  /**
   * @param live kinds that the caller can put in force
   */
  public Judge(Keyring keyring, Set<Kind> live) {
    this.keyring = keyring;
    this.live = Set.copyOf(live);
  }

  /**
   * Judges a request.
   *
   * @param effectiveTimeMs of the request's place in the log, milliseconds since the epoch: what
   *     expires is held against it, never against a wall clock
   * @return null when it may be put in force, with {@link DeploymentRequest#breakGlass()} until
   *     {@link #breakGlassEndMs} and no longer
   */
  public @Nullable Refusal judge(DeploymentRequest request, InForce inForce, long effectiveTimeMs) {
    Refusal refusal = ofForm(request, effectiveTimeMs);
    if (refusal == null && request.breakGlass() && !forBreakGlass(request, inForce)) {
      refusal =
          Code.NOT_FOR_BREAK_GLASS.because(
              "expected a rule set, what was champion before, or an end, at once, got %s %s as %s%s",
              request.kind().id(),
              request.name(),
              request.alias().id(),
              request.effectiveAtMs() > 0 ? " from " + request.effectiveAtMs() + " ms" : "");
    }
    if (refusal != null) {
      return refusal;
    }
    Set<Person> signers = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Approval approval : request.signatures()) {
      refusal = ofApproval(approval, request, inForce, effectiveTimeMs);
      if (refusal != null) {
        return refusal;
      }
      Keyring.Enrolled enrolled = keyring.find(approval.keyId());
      if (enrolled != null) {
        signers.add(enrolled.person());
      }
    }
    if (request.breakGlass()) {
      return ofEmergency(signers);
    }
    refusal = ofSigners(signers, request.signatures().size());
    return refusal != null ? refusal : ofPlan(request, inForce);
  }

  /**
   * When what came by breaking the glass must give way to what was in force before.
   *
   * @param effectiveTimeMs from when it decides, milliseconds since the epoch
   */
  public static long breakGlassEndMs(long effectiveTimeMs) {
    return effectiveTimeMs + BREAK_GLASS_MS;
  }

  /** What can be seen from the request alone. */
  private @Nullable Refusal ofForm(DeploymentRequest request, long effectiveTimeMs) {
    for (String text : List.of(request.id(), request.name(), request.version())) {
      if (!NAME.matcher(text).matches()) {
        return Code.MALFORMED.because(
            "expected id, name and version of 1 to 128 letters, digits, '.', '_', ':' and '-', got"
                + " %s characters with others or too many",
            text.length());
      }
    }
    if (!DIGEST.matcher(request.digest()).matches()) {
      return Code.MALFORMED.because("digest: expected 64 lower-case hex digits, got others");
    }
    if (!live.contains(request.kind())) {
      return Code.KIND_NOT_LIVE.because(
          "expected one of %s, which a running job takes, got %s",
          live.stream().sorted().map(Kind::id).collect(Collectors.joining(", ")),
          request.kind().id());
    }
    int share = request.shareBasisPoints();
    boolean legal =
        switch (request.alias()) {
          case CHAMPION -> share == 0;
          case CHALLENGER -> share >= 0 && share <= SHARE_MAX;
          case SHADOW -> share == 0 || share == SHARE_MAX;
        };
    if (!legal) {
      return Code.SHARE_OUT_OF_RANGE.because(
          "expected 0 for a champion, 0 or %d for a shadow, 0 to %d for a challenger, got %d for a"
              + " %s",
          SHARE_MAX, SHARE_MAX, share, request.alias().id());
    }
    if (request.backfill() && !request.mayBackfill()) {
      return Code.MALFORMED.because(
          "backfill: expected a model that takes a place, got %s as %s with a share of %d",
          request.kind().id(), request.alias().id(), share);
    }
    long latestMs = effectiveTimeMs + APPROVAL_MS_MAX;
    if (request.effectiveAtMs() < 0 || request.effectiveAtMs() > latestMs) {
      return Code.EFFECTIVE_AT_OUT_OF_RANGE.because(
          "expected at most %s, 7 days after the request, got %s",
          Instant.ofEpochMilli(latestMs), Instant.ofEpochMilli(request.effectiveAtMs()));
    }
    if (request.signatures().isEmpty()) {
      return Code.UNSIGNED.because("expected signatures of an author and an approver, got none");
    }
    if (request.signatures().size() > SIGNATURES_MAX) {
      return Code.TOO_MANY_SIGNATURES.because(
          "expected at most %d signatures, got %d", SIGNATURES_MAX, request.signatures().size());
    }
    return null;
  }

  private static boolean returns(DeploymentRequest request, InForce inForce) {
    return request.alias() == Alias.CHAMPION && inForce.wasInForce().contains(request.digest());
  }

  private static boolean forBreakGlass(DeploymentRequest request, InForce inForce) {
    boolean legal =
        request.ends()
            || returns(request, inForce)
            || (request.kind() == Kind.RULE_SET && request.alias() == Alias.CHAMPION);
    return legal && request.effectiveAtMs() == 0;
  }

  private static String named(Keyring.Enrolled enrolled) {
    return enrolled.person().name() + "'s key " + enrolled.key().id();
  }

  /** Whether a key may sign at that time; null when it may, so that it is one of the keyring. */
  static @Nullable Refusal ofKey(
      Keyring keyring, Keyring.@Nullable Enrolled enrolled, long timeMs) {
    if (enrolled == null) {
      return Code.UNKNOWN_KEY.because(
          "expected a key of the keyring %s for %s, got another",
          keyring.digest(), keyring.scope());
    }
    if (enrolled.person().revoked() || enrolled.key().revoked()) {
      return Code.REVOKED_KEY.because(
          "expected a key that is not revoked, got %s", named(enrolled));
    }
    if (enrolled.key().expiredAt(timeMs)) {
      return Code.EXPIRED_KEY.because(
          "expected a key in force at %s, got %s, which expired on %s",
          Instant.ofEpochMilli(timeMs), named(enrolled), enrolled.key().expires());
    }
    return null;
  }

  private @Nullable Refusal ofApproval(
      Approval approval, DeploymentRequest request, InForce inForce, long effectiveTimeMs) {
    Keyring.Enrolled enrolled = keyring.find(approval.keyId());
    Refusal refusal = ofKey(keyring, enrolled, effectiveTimeMs);
    if (refusal != null || enrolled == null) {
      return refusal;
    }
    String who = named(enrolled);
    Seal seal = Seal.read(approval.signature());
    if (seal == null) {
      return Code.BAD_SIGNATURE.because(
          "expected a signature of 137 bytes in layout 1 by %s, got %d bytes of something else",
          who, approval.signature().length);
    }
    if (!Objects.equals(seal.plan(), Statement.planDigest(request))) {
      return Code.PLAN_ALTERED.because(
          "expected the plan that %s signed, %s, got %s",
          who, shown(seal.plan()), shown(Statement.planDigest(request)));
    }
    String champion = inForce.digests().get(request.kind());
    if (!Objects.equals(seal.against(), champion)) {
      return Code.PLAN_AGAINST_ANOTHER_CHAMPION.because(
          "expected a signature against the champion in force, %s, got one by %s against %s",
          shown(champion), who, shown(seal.against()));
    }
    Statement statement = new Statement(keyring.scope(), request, seal.against(), seal.expiresMs());
    if (!SigningKeys.signed(enrolled.key().publicKey(), statement.bytes(), seal.ed25519())) {
      return Code.BAD_SIGNATURE.because(
          "expected what %s signed, got a request that was altered since, or signed for another"
              + " scope than %s",
          who, keyring.scope());
    }
    if (effectiveTimeMs >= seal.expiresMs()) {
      return Code.APPROVAL_EXPIRED.because(
          "expected an approval in force at %s, got one by %s that expired at %s; sign again",
          Instant.ofEpochMilli(effectiveTimeMs), who, Instant.ofEpochMilli(seal.expiresMs()));
    }
    if (seal.expiresMs() > effectiveTimeMs + APPROVAL_MS_MAX) {
      return Code.APPROVAL_TOO_LONG.because(
          "expected an approval until %s at most, got one by %s until %s",
          Instant.ofEpochMilli(effectiveTimeMs + APPROVAL_MS_MAX),
          who,
          Instant.ofEpochMilli(seal.expiresMs()));
    }
    return null;
  }

  private static @Nullable Refusal ofEmergency(Set<Person> signers) {
    boolean may =
        signers.stream()
            .anyMatch(
                person ->
                    person.roles().contains(Role.APPROVER)
                        || person.roles().contains(Role.OPERATOR));
    return may
        ? null
        : Code.WRONG_ROLE.because("expected an approver or an operator, got %s", named(signers));
  }

  private static @Nullable Refusal ofSigners(Set<Person> signers, int signatures) {
    if (signers.size() == 1) {
      return signatures == 1
          ? Code.SIGNED_ONCE.because(
              "expected signatures of two persons, got that of %s", named(signers))
          : Code.AUTHOR_IS_APPROVER.because(
              "expected signatures of two persons, got %d of %s", signatures, named(signers));
    }
    for (Person author : signers) {
      for (Person approver : signers) {
        boolean two =
            !author.name().equals(approver.name())
                && author.roles().contains(Role.AUTHOR)
                && approver.roles().contains(Role.APPROVER);
        if (two) {
          return null;
        }
      }
    }
    return Code.WRONG_ROLE.because(
        "expected an author and another person who is approver, got %s", named(signers));
  }

  private static String named(Set<Person> persons) {
    List<String> names = new ArrayList<>();
    for (Person person : persons) {
      names.add(
          person.name()
              + person.roles().stream().map(Role::id).collect(Collectors.joining(", ", " (", ")")));
    }
    Collections.sort(names);
    return String.join(", ", names);
  }

  private @Nullable Refusal ofPlan(DeploymentRequest request, InForce inForce) {
    byte[] bytes = request.plan();
    if (bytes == null) {
      boolean needless =
          request.kind() == Kind.LIST
              || request.alias() == Alias.SHADOW
              || request.ends()
              || returns(request, inForce);
      return needless
          ? null
          : Code.NO_PLAN.because(
              "expected a plan, without which only lists, shadows, ends, and what was champion before"
                  + " go, got none");
    }
    PlanSummary plan;
    try {
      plan = PlanSummary.read(bytes, "plan");
    } catch (ArtefactException | IllegalArgumentException e) {
      return Code.PLAN_UNREADABLE.because("%s", String.valueOf(e.getMessage()));
    }
    Refusal refusal = ofChanges(request, plan);
    if (refusal != null) {
      return refusal;
    }
    for (Kind kind : Kind.values()) {
      String planned = plan.against().get(kind);
      String champion = inForce.digests().get(kind);
      // What only one of the two knows was no part of the comparison; of its own kind both know.
      boolean counts = kind == request.kind() || (planned != null && champion != null);
      if (counts && !Objects.equals(planned, champion)) {
        return Code.PLAN_AGAINST_ANOTHER_CHAMPION.because(
            "expected a plan against the %s in force, %s, got one against %s",
            kind.id(), shown(champion), shown(planned));
      }
    }
    if (!keyring.gates().isEmpty() && !keyring.gates().contains(plan.gatesFile())) {
      return Code.PLAN_BY_OTHER_GATES.because(
          "expected a plan by gates of the keyring, %s, got one by %s",
          String.join(", ", keyring.gates()),
          plan.gatesFile().isEmpty() ? "none" : plan.gatesFile());
    }
    return plan.verdict() == PlanSummary.Verdict.GATE_FAILED
        ? Code.PLAN_FAILED.because("expected a plan whose gates all passed, got one that failed")
        : null;
  }

  /**
   * The plan must be of this artefact alone, but for the feature spec that a model brings along.
   */
  private static @Nullable Refusal ofChanges(DeploymentRequest request, PlanSummary plan) {
    PlanSummary.Change asked =
        new PlanSummary.Change(request.kind(), request.name(), request.version(), request.digest());
    return plan.isOf(asked)
        ? null
        : Code.PLAN_OF_ANOTHER_ARTEFACT.because(
            "expected a plan that changes %s %s, version %s, %s alone, got one of %s",
            request.kind().id(),
            request.name(),
            request.version(),
            request.digest(),
            plan.changes().stream()
                .map(change -> change.kind().id() + " " + change.name() + " " + change.digest())
                .collect(Collectors.joining(", ", "[", "]")));
  }

  private static String shown(@Nullable String digest) {
    return digest == null ? "none" : digest;
  }
}
