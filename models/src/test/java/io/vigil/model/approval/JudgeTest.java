package io.vigil.model.approval;

import static io.vigil.model.approval.SignedDraft.CHAMPION;
import static io.vigil.model.approval.SignedDraft.FORMER;
import static io.vigil.model.approval.SignedDraft.IN_FORCE;
import static io.vigil.model.approval.SignedDraft.KEYRING;
import static io.vigil.model.approval.SignedDraft.NEW;
import static io.vigil.model.approval.SignedDraft.NOW_MS;
import static io.vigil.model.approval.SignedDraft.code;
import static io.vigil.model.approval.SignedDraft.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.artefact.Artefacts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JudgeTest {

  /** Each breaks one thing of the request before it is signed. */
  static Stream<Arguments> broken() {
    String other = "9".repeat(64);
    return Stream.of(
        broken("malformed", draft -> draft.id = "with blank"),
        broken("malformed", draft -> draft.name = "\u001b[2J"),
        broken("malformed", draft -> draft.version = "7".repeat(129)),
        broken("malformed", draft -> draft.digest = "A".repeat(64)),
        broken("malformed", draft -> draft.digest = "a".repeat(63)),
        broken("malformed", draft -> draft.backfill = true),
        broken(
            "malformed",
            draft -> {
              draft.kind = Kind.MODEL;
              draft.backfill = true;
              noPlan(draft, Alias.SHADOW, 0);
            }),
        broken("kind_not_live", draft -> draft.kind = Kind.FEATURE_SPEC),
        broken("kind_not_live", draft -> draft.kind = Kind.RATES),
        broken("share_out_of_range", draft -> draft.share = 1),
        broken("share_out_of_range", draft -> draft.share = 10_000),
        broken("share_out_of_range", draft -> as(draft, Alias.CHALLENGER, -1)),
        broken("share_out_of_range", draft -> as(draft, Alias.CHALLENGER, 10_001)),
        broken("share_out_of_range", draft -> as(draft, Alias.SHADOW, 500)),
        broken("effective_at_out_of_range", draft -> draft.effectiveAtMs = -1),
        broken(
            "effective_at_out_of_range",
            draft -> draft.effectiveAtMs = NOW_MS + 7 * 86_400_000L + 1),
        broken("unsigned", draft -> draft.signers = List.of()),
        broken("too_many_signatures", draft -> draft.signers = Collections.nCopies(17, "ada")),
        broken("signed_once", draft -> draft.signers = List.of("ada")),
        broken("signed_once", draft -> draft.signers = List.of("cy")),
        broken("author_is_approver", draft -> draft.signers = List.of("ada", "ada")),
        broken("author_is_approver", draft -> draft.signers = List.of("cy", "cy2")),
        broken("author_is_approver", draft -> draft.signers = List.of("cy", "cy")),
        broken("unknown_key", draft -> draft.signers = List.of("ada", "nobody")),
        broken("unknown_key", draft -> draft.signers = List.of("ada", "bob", "nobody")),
        broken("expired_key", draft -> draft.signers = List.of("ada", "bob-old")),
        broken("revoked_key", draft -> draft.signers = List.of("ada", "bob-lost")),
        broken("revoked_key", draft -> draft.signers = List.of("ada", "rex")),
        broken("wrong_role", draft -> draft.signers = List.of("ada", "olga")),
        broken("wrong_role", draft -> draft.signers = List.of("bob", "olga")),
        // Holds both roles, but is one person.
        broken("wrong_role", draft -> draft.signers = List.of("cy", "olga")),
        broken("wrong_role", draft -> draft.signers = List.of("ada", "ada2", "olga")),
        broken("bad_signature", draft -> draft.scope = "staging"),
        broken("approval_expired", draft -> draft.expiresMs = NOW_MS),
        broken("approval_too_long", draft -> draft.expiresMs = NOW_MS + 7 * 86_400_000L + 1),
        broken("approval_too_long", draft -> draft.expiresMs = Long.MAX_VALUE),
        broken("no_plan", draft -> draft.plan = null),
        broken("no_plan", draft -> noPlan(draft, Alias.CHALLENGER, 100)),
        broken(
            "no_plan",
            draft -> {
              noPlan(draft, Alias.CHALLENGER, 100);
              draft.digest = FORMER;
            }),
        broken("plan_unreadable", draft -> draft.plan = new byte[] {(byte) 0xff}),
        broken("plan_unreadable", draft -> draft.plan = new byte[PlanSummary.BYTES_MAX + 1]),
        broken("plan_unreadable", draft -> edit(draft, "vigil-plan-1", "vigil-plan-9")),
        broken("plan_unreadable", draft -> edit(draft, "verdict: change", "verdict: fine")),
        broken(
            "plan_failed",
            draft -> draft.plan = plan("rule_set", "cards", "7", NEW, CHAMPION, "gate_failed")),
        broken("plan_unreadable", draft -> edit(draft, "verdict: passed", "verdict: failed")),
        broken("plan_unreadable", draft -> edit(draft, "gates:", "gate:")),
        broken("plan_of_another_artefact", draft -> edit(draft, NEW, other)),
        broken("plan_of_another_artefact", draft -> edit(draft, "version: 7", "version: 8")),
        broken("plan_of_another_artefact", draft -> edit(draft, "change:\n", "change: []\nx:\n")),
        broken(
            "plan_of_another_artefact",
            draft ->
                edit(
                    draft,
                    "change:\n",
                    "change:\n  - {kind: policy, name: \"p\", version: 2, digest: %s}\n"
                        .formatted(other))),
        broken("plan_against_another_champion", draft -> edit(draft, CHAMPION, other)),
        broken("plan_against_another_champion", draft -> edit(draft, "d".repeat(64), other)),
        broken(
            "plan_against_another_champion",
            draft ->
                edit(
                    draft,
                    "kind: rule_set, name: \"cards\", version: 6",
                    "kind: list, name: \"l\", version: 6")),
        broken("plan_against_another_champion", draft -> draft.against = other),
        broken("plan_against_another_champion", draft -> draft.against = null),
        broken("not_for_break_glass", draft -> glass(draft, Kind.POLICY, NEW)),
        broken("not_for_break_glass", draft -> glass(draft, Kind.MODEL, NEW)),
        broken(
            "not_for_break_glass",
            draft -> {
              glass(draft, Kind.RULE_SET, NEW);
              draft.effectiveAtMs = NOW_MS + 1;
            }),
        broken(
            "not_for_break_glass",
            draft -> {
              glass(draft, Kind.RULE_SET, NEW);
              as(draft, Alias.CHALLENGER, 100);
            }));
  }

  private static Arguments broken(String code, Consumer<SignedDraft> change) {
    return Arguments.of(code, change);
  }

  private static void as(SignedDraft draft, Alias alias, int share) {
    draft.alias = alias;
    draft.share = share;
  }

  private static void noPlan(SignedDraft draft, Alias alias, int share) {
    as(draft, alias, share);
    draft.plan = null;
  }

  private static void edit(SignedDraft draft, String from, String to) {
    String text = new String(draft.plan, StandardCharsets.UTF_8);
    assertThat(text).contains(from);
    draft.plan = text.replace(from, to).getBytes(StandardCharsets.UTF_8);
  }

  private static void glass(SignedDraft draft, Kind kind, String digest) {
    draft.breakGlass = true;
    draft.kind = kind;
    draft.digest = digest;
    draft.plan = null;
    draft.against = IN_FORCE.digests().get(kind);
    draft.signers = List.of("olga");
  }

  @Test
  void whatTwoPersonsSignedWithItsPlanGoes() {
    assertThat(code(new SignedDraft().sign())).isEqualTo("ok");
  }

  @ParameterizedTest(name = "{0} {index}")
  @MethodSource("broken")
  void oneThingBrokenIsRefusedByItsName(String code, Consumer<SignedDraft> change) {
    SignedDraft draft = new SignedDraft();
    change.accept(draft);

    Refusal refusal = SignedDraft.judge(draft.sign());

    assertThat(refusal).isNotNull();
    assertThat(refusal.code()).as(refusal.message()).isEqualTo(code);
    assertThat(refusal.message()).contains("expected").contains("got");
  }

  @Test
  void everyCodeIsProvoked() {
    // ReviewTest provokes the last.
    Set<String> seen =
        new TreeSet<>(Set.of("plan_altered", "reviewer_broke_glass", "plan_by_other_gates"));
    broken().forEach(arguments -> seen.add((String) arguments.get()[0]));
    Set<String> all = new TreeSet<>();
    for (Code code : Code.values()) {
      all.add(code.id());
    }
    assertThat(seen).isEqualTo(all);
  }

  @Test
  void aPlanCannotWriteMoreThanALineIntoTheRefusal() {
    SignedDraft draft = new SignedDraft();
    edit(
        draft,
        "name: \"cards\", version: 7",
        "name: \"\\e[2J%s\", version: 7".formatted("x".repeat(9_000)));
    Refusal refusal = SignedDraft.judge(draft.sign());
    assertThat(refusal.code()).isEqualTo("plan_of_another_artefact");
    assertThat(refusal.message())
        .hasSize(1_000)
        .contains("rule_set ?[2Jxx")
        .doesNotContain("\u001b");
  }

  @Test
  void aPlanThatWasExchangedIsCalledSo() {
    SignedDraft draft = new SignedDraft();
    DeploymentRequest signed = draft.sign();
    edit(draft, "created_at: 2026-01-01", "created_at: 2026-01-02");
    assertThat(code(draft.request(signed.signatures()))).isEqualTo("plan_altered");
    draft.plan = null;
    assertThat(code(draft.request(signed.signatures()))).isEqualTo("plan_altered");
  }

  @Test
  void eachFieldIsSigned() {
    List<Consumer<SignedDraft>> changes =
        List.of(
            draft -> draft.id = "request-2",
            draft -> draft.kind = Kind.LIST,
            draft -> as(draft, Alias.CHALLENGER, 0),
            draft -> as(draft, Alias.SHADOW, 0),
            draft -> draft.name = "card",
            draft -> draft.version = "77",
            draft -> draft.digest = FORMER,
            draft -> draft.breakGlass = true);
    for (Consumer<SignedDraft> change : changes) {
      SignedDraft draft = new SignedDraft();
      List<Approval> signatures = draft.sign().signatures();
      change.accept(draft);
      InForce inForce =
          new InForce(Map.of(Kind.RULE_SET, CHAMPION, Kind.LIST, CHAMPION), Set.of(FORMER));
      Refusal refusal = new Judge(KEYRING).judge(draft.request(signatures), inForce, NOW_MS);
      assertThat(refusal).isNotNull();
      assertThat(refusal.code()).as(refusal.message()).isEqualTo("bad_signature");
    }
  }

  /** The digest comes from another implementation of the layout: old signatures must stay good. */
  @Test
  void aStatementIsTheseBytes() {
    SignedDraft draft = new SignedDraft();
    as(draft, Alias.CHALLENGER, 500);
    draft.breakGlass = true;
    draft.plan = "plan".getBytes(StandardCharsets.UTF_8);
    Statement statement = new Statement("test", draft.request(List.of()), CHAMPION, NOW_MS);
    assertThat(Artefacts.digest(statement.bytes()))
        .isEqualTo("2957742b52a709f324ac30da297e31603dfee368ec1dc3df7e5a1612c7b1cf12");
  }

  /** Neither may history be left out that was signed for, nor be read that was not. */
  @Test
  void whetherHistoryIsReadIsSigned() {
    SignedDraft draft = new SignedDraft();
    draft.kind = Kind.MODEL;
    draft.against = IN_FORCE.digests().get(Kind.MODEL);
    noPlan(draft, Alias.SHADOW, 10_000);
    for (boolean signed : List.of(false, true)) {
      draft.backfill = signed;
      List<Approval> signatures = draft.sign().signatures();
      assertThat(code(draft.request(signatures))).isEqualTo("ok");
      draft.backfill = !signed;
      assertThat(code(draft.request(signatures))).isEqualTo("bad_signature");
    }
  }

  @Test
  void thePlanIsByTheGatesThatTheKeyringNames() {
    String pinned = "c".repeat(64);
    Keyring keyring =
        Keyring.read(
            KEYRING.toYaml().replace("persons:", "gates: [\"" + pinned + "\"]\npersons:"), "ring");
    assertThat(keyring.toYaml()).contains("gates: [\"" + pinned + "\"]");
    SignedDraft draft = new SignedDraft();
    Judge judge = new Judge(keyring);
    assertThat(judge.judge(draft.sign(), IN_FORCE, NOW_MS).code()).isEqualTo("plan_by_other_gates");
    String text = new String(draft.plan, StandardCharsets.UTF_8);
    for (String digest : List.of("9".repeat(64), pinned)) {
      draft.plan =
          (text + "gates_file: {kind: gates, name: \"g\", version: 1, digest: \"%s\"}\n")
              .formatted(digest)
              .getBytes(StandardCharsets.UTF_8);
      Refusal refusal = judge.judge(draft.sign(), IN_FORCE, NOW_MS);
      assertThat(refusal == null).as(digest).isEqualTo(digest.equals(pinned));
    }
  }

  /** Who exchanges a plan or waits for another champion can change what travels beside it, too. */
  @Test
  void whatTravelsWithTheSignatureIsSignedToo() {
    SignedDraft draft = new SignedDraft();
    List<Approval> signatures = draft.sign().signatures();
    edit(draft, "created_at: 2026-01-01", "created_at: 2026-01-02");
    String plan = Statement.planDigest(draft.request(List.of()));
    assertThat(code(draft.request(resealed(signatures, plan, CHAMPION, draft.expiresMs))))
        .isEqualTo("bad_signature");

    draft = new SignedDraft();
    signatures = draft.sign().signatures();
    plan = Statement.planDigest(draft.request(List.of()));
    assertThat(code(draft.request(resealed(signatures, plan, CHAMPION, draft.expiresMs))))
        .isEqualTo("ok");
    assertThat(code(draft.request(resealed(signatures, plan, CHAMPION, draft.expiresMs + 1))))
        .isEqualTo("bad_signature");
    InForce other = new InForce(Map.of(Kind.RULE_SET, FORMER), Set.of());
    Refusal refusal =
        new Judge(KEYRING)
            .judge(
                draft.request(resealed(signatures, plan, FORMER, draft.expiresMs)), other, NOW_MS);
    assertThat(refusal.code()).isEqualTo("bad_signature");
  }

  private static List<Approval> resealed(
      List<Approval> signatures, String plan, String against, long expiresMs) {
    List<Approval> resealed = new ArrayList<>();
    for (Approval approval : signatures) {
      byte[] ed25519 = Seal.read(approval.signature()).ed25519();
      resealed.add(
          new Approval(approval.keyId(), new Seal(expiresMs, plan, against, ed25519).bytes()));
    }
    return resealed;
  }

  @Test
  void theShareOfACanaryIsSigned() {
    SignedDraft draft = new SignedDraft();
    as(draft, Alias.CHALLENGER, 500);
    List<Approval> signatures = draft.sign().signatures();
    assertThat(code(draft.request(signatures))).isEqualTo("ok");
    draft.share = 501;
    assertThat(code(draft.request(signatures))).isEqualTo("bad_signature");
  }

  @Test
  void onePersonsSignatureIsNobodyElses() {
    SignedDraft draft = new SignedDraft();
    List<Approval> signed = new ArrayList<>(draft.sign().signatures());
    signed.set(0, new Approval(signed.get(1).keyId(), signed.get(0).signature()));
    assertThat(code(draft.request(signed))).isEqualTo("bad_signature");
    signed.set(0, new Approval(signed.get(1).keyId(), new byte[0]));
    assertThat(code(draft.request(signed))).isEqualTo("bad_signature");
  }

  @Test
  void rolesAreHeldByTwoInAnyOrder() {
    SignedDraft draft = new SignedDraft();
    for (List<String> signers :
        List.of(
            List.of("bob", "ada"),
            List.of("cy", "ada"),
            List.of("cy", "bob"),
            List.of("ada2", "bob", "olga"),
            List.of("cy", "cy2", "bob"))) {
      draft.signers = signers;
      assertThat(code(draft.sign())).as(signers.toString()).isEqualTo("ok");
    }
  }

  @Test
  void whatDecidesNothingOrEndsOrWasChampionGoesWithoutAPlan() {
    SignedDraft draft = new SignedDraft();
    noPlan(draft, Alias.SHADOW, 10_000);
    assertThat(code(draft.sign())).isEqualTo("ok");
    noPlan(draft, Alias.SHADOW, 0);
    assertThat(code(draft.sign())).isEqualTo("ok");
    noPlan(draft, Alias.CHALLENGER, 0);
    assertThat(code(draft.sign())).isEqualTo("ok");
    noPlan(draft, Alias.CHAMPION, 0);
    draft.digest = FORMER;
    assertThat(code(draft.sign())).isEqualTo("ok");
    draft.signers = List.of("ada");
    assertThat(code(draft.sign())).isEqualTo("signed_once");
  }

  @Test
  void aListNeedsNoPlanButTwoPersons() {
    SignedDraft draft = new SignedDraft();
    noPlan(draft, Alias.CHAMPION, 0);
    assertThat(code(draft.sign())).isEqualTo("no_plan");
    draft.kind = Kind.LIST;
    draft.against = null;
    assertThat(code(draft.sign())).isEqualTo("ok");
    draft.breakGlass = true;
    assertThat(code(draft.sign())).isEqualTo("not_for_break_glass");
    draft.breakGlass = false;
    draft.signers = List.of("ada");
    assertThat(code(draft.sign())).isEqualTo("signed_once");
    draft.signers = List.of("ada", "bob");
    draft.against = CHAMPION;
    assertThat(code(draft.sign())).isEqualTo("plan_against_another_champion");
    draft.against = null;
    draft.plan = plan("list", "cards", "7", NEW, CHAMPION, "gate_failed");
    assertThat(code(draft.sign())).as("one that is given counts").isEqualTo("plan_failed");
  }

  @Test
  void theFirstOfItsKindIsAgainstNone() {
    SignedDraft draft = new SignedDraft();
    draft.kind = Kind.LIST;
    draft.plan = plan("list", "cards", "7", NEW, CHAMPION, "no_change");
    draft.against = null;
    assertThat(code(draft.sign())).isEqualTo("ok");
  }

  @Test
  void aModelBringsItsFeatureSpecAlong() {
    SignedDraft draft = new SignedDraft();
    draft.kind = Kind.MODEL;
    draft.plan = plan("model", "cards", "7", NEW, CHAMPION, "change");
    draft.against = "d".repeat(64);
    edit(
        draft,
        "change:\n",
        "change:\n  - {kind: feature_spec, name: \"s\", version: 2, digest: %s}\n"
            .formatted("9".repeat(64)));
    assertThat(code(draft.sign())).isEqualTo("ok");
    edit(draft, "kind: model, name: \"cards\"", "kind: rule_set, name: \"cards\"");
    draft.kind = Kind.RULE_SET;
    draft.against = CHAMPION;
    assertThat(code(draft.sign())).isEqualTo("plan_of_another_artefact");
  }

  @Test
  void breakingTheGlassTakesOneWhoIsOnDutyOrApproves() {
    SignedDraft draft = new SignedDraft();
    glass(draft, Kind.RULE_SET, NEW);
    assertThat(code(draft.sign())).isEqualTo("ok");
    draft.signers = List.of("bob");
    assertThat(code(draft.sign())).isEqualTo("ok");
    draft.signers = List.of("ada");
    assertThat(code(draft.sign())).isEqualTo("wrong_role");
    draft.signers = List.of("rex");
    assertThat(code(draft.sign())).isEqualTo("revoked_key");
    glass(draft, Kind.MODEL, FORMER);
    assertThat(code(draft.sign())).isEqualTo("ok");
    glass(draft, Kind.MODEL, NEW);
    as(draft, Alias.CHALLENGER, 0);
    assertThat(code(draft.sign())).isEqualTo("ok");
    as(draft, Alias.CHALLENGER, 1);
    assertThat(code(draft.sign())).isEqualTo("not_for_break_glass");
    assertThat(Judge.breakGlassEndMs(NOW_MS)).isEqualTo(NOW_MS + 4 * 3_600_000L);
  }

  @Test
  void aSignatureForAnEmergencyIsNoneForGood() {
    SignedDraft draft = new SignedDraft();
    draft.breakGlass = true;
    List<Approval> signatures = draft.sign().signatures();
    draft.breakGlass = false;
    assertThat(code(draft.request(signatures))).isEqualTo("bad_signature");
  }

  @Test
  void timeIsTheOneGiven() {
    SignedDraft draft = new SignedDraft();
    draft.signers = List.of("ada", "bob-old");
    DeploymentRequest request = draft.sign();
    Judge judge = new Judge(KEYRING);
    assertThat(judge.judge(request, IN_FORCE, NOW_MS - 1)).isNull();
    assertThat(judge.judge(request, IN_FORCE, NOW_MS).code()).isEqualTo("expired_key");
  }

  @Test
  void theCallerSaysWhatItCanPutInForce() {
    SignedDraft draft = new SignedDraft();
    Judge judge = new Judge(KEYRING, EnumSet.of(Kind.MODEL));
    assertThat(judge.judge(draft.sign(), IN_FORCE, NOW_MS).code()).isEqualTo("kind_not_live");
  }
}
