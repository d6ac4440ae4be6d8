package io.vigil.model.approval;

import static io.vigil.model.approval.SignedDraft.code;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class SignaturePropertyTest {
  private static final SignedDraft VALID = canary();
  private static final DeploymentRequest SIGNED = VALID.sign();

  private static SignedDraft canary() {
    SignedDraft draft = new SignedDraft();
    draft.alias = Alias.CHALLENGER;
    draft.share = 500;
    return draft;
  }

  @Property(tries = 400)
  void anyBitOfASignatureOrItsKeyIdCounts(
      @ForAll @IntRange(max = 1) int which, @ForAll @IntRange(max = (137 + 16) * 8 - 1) int bit) {
    List<Approval> approvals = new ArrayList<>(SIGNED.signatures());
    Approval before = approvals.get(which);
    approvals.set(
        which,
        bit < 137 * 8
            ? new Approval(before.keyId(), flipped(before.signature(), bit))
            : new Approval(flipped(before.keyId(), bit - 137 * 8), before.signature()));

    assertThat(code(VALID.request(SIGNED.signatures()))).isEqualTo("ok");
    assertThat(code(VALID.request(approvals))).isNotEqualTo("ok");
  }

  @Property(tries = 400)
  void anyBitOfWhatIsSignedCounts(
      @ForAll @IntRange(max = 6) int field, @ForAll @IntRange(max = 1 << 20) int seed) {
    SignedDraft draft = canary();
    switch (field) {
      case 0 -> draft.id = flipped(draft.id, seed);
      case 1 -> draft.name = flipped(draft.name, seed);
      case 2 -> draft.version = flipped(draft.version, seed);
      case 3 -> draft.digest = flipped(draft.digest, seed);
      case 4 -> draft.share ^= 1 << (seed % 32);
      case 5 -> draft.effectiveAtMs ^= 1L << (seed % 64);
      default -> draft.plan = flipped(draft.plan, seed);
    }

    assertThat(code(draft.request(SIGNED.signatures()))).isNotEqualTo("ok");
  }

  private static byte[] flipped(byte[] bytes, int seed) {
    byte[] copy = bytes.clone();
    int bit = seed % (copy.length * 8);
    copy[bit / 8] ^= (byte) (1 << (bit % 8));
    return copy;
  }

  private static String flipped(String ascii, int seed) {
    return new String(
        flipped(ascii.getBytes(StandardCharsets.ISO_8859_1), seed), StandardCharsets.ISO_8859_1);
  }

  @Property(tries = 2_000)
  void statementsAreTheSameBytesOnlyWhenAllFieldsAreTheSame(
      @ForAll("statements") Statement one, @ForAll("statements") Statement other) {
    boolean same = fields(one).equals(fields(other));
    assertThat(Arrays.equals(one.bytes(), other.bytes())).isEqualTo(same);
    assertThat(one.bytes()).isEqualTo(again(one).bytes());
  }

  private static List<Object> fields(Statement statement) {
    DeploymentRequest request = statement.request();
    return Arrays.asList(
        statement.scope(),
        statement.against(),
        statement.expiresMs(),
        request.id(),
        request.kind(),
        request.alias(),
        request.name(),
        request.version(),
        request.digest(),
        request.shareBasisPoints(),
        request.effectiveAtMs(),
        request.breakGlass(),
        request.backfill(),
        request.plan() == null ? null : new String(request.plan(), StandardCharsets.UTF_8));
  }

  private static Statement again(Statement statement) {
    return new Statement(
        statement.scope(), statement.request(), statement.against(), statement.expiresMs());
  }

  /** Of so few values that fields run into one another. */
  @Provide
  Arbitrary<Statement> statements() {
    Arbitrary<String> text = Arbitraries.strings().withChars('a', '\0').ofMaxLength(2);
    Arbitrary<DeploymentRequest> requests =
        Combinators.combine(
                text,
                Arbitraries.of(Kind.MODEL, Kind.LIST),
                Arbitraries.of(Alias.CHAMPION, Alias.SHADOW),
                text,
                text,
                text,
                Combinators.combine(Arbitraries.of(0, 1), Arbitraries.of(0L, 1L)).as(Numbers::new),
                Combinators.combine(Arbitraries.of(false, true), Arbitraries.of(false, true))
                    .as(Wishes::new))
            .as(
                (id, kind, alias, name, version, digest, numbers, wishes) ->
                    new DeploymentRequest(
                        id,
                        kind,
                        alias,
                        name,
                        version,
                        digest,
                        numbers.share,
                        numbers.effectiveAtMs,
                        null,
                        List.of(),
                        wishes.glass,
                        wishes.backfill));
    return Combinators.combine(
            text, requests, Arbitraries.of("a".repeat(64), "b".repeat(64)).injectNull(0.3), text)
        .as(
            (scope, request, against, plan) ->
                new Statement(
                    scope,
                    plan.isEmpty() ? request : planned(request, plan),
                    against,
                    plan.length()));
  }

  private record Wishes(boolean glass, boolean backfill) {}

  private record Numbers(int share, long effectiveAtMs) {}

  private static DeploymentRequest planned(DeploymentRequest request, String plan) {
    return new DeploymentRequest(
        request.id(),
        request.kind(),
        request.alias(),
        request.name(),
        request.version(),
        request.digest(),
        request.shareBasisPoints(),
        request.effectiveAtMs(),
        plan.getBytes(StandardCharsets.UTF_8),
        List.of(),
        request.breakGlass(),
        request.backfill());
  }

  @Property(tries = 1_000)
  void aBoundaryThatMovesIsAnotherStatement(
      @ForAll("splits") String all,
      @ForAll @IntRange(max = 8) int cut,
      @ForAll @IntRange(max = 8) int otherCut) {
    byte[] one = split(all, cut).bytes();
    byte[] other = split(all, otherCut).bytes();
    assertThat(Arrays.equals(one, other)).isEqualTo(cut == otherCut);
  }

  @Provide
  Arbitrary<String> splits() {
    return Arbitraries.strings().withChars('a', 'b', '\0', '\b').ofLength(8);
  }

  private static Statement split(String all, int cut) {
    return new Statement(
        "s",
        new DeploymentRequest(
            "id",
            Kind.MODEL,
            Alias.CHAMPION,
            all.substring(0, cut),
            all.substring(cut),
            "d",
            0,
            0,
            null,
            List.of(),
            false,
            false),
        null,
        1);
  }
}
