package io.vigil.model.approval;

import static io.vigil.model.approval.SignedDraft.KEYRING;
import static io.vigil.model.approval.SignedDraft.NOW_MS;
import static io.vigil.model.approval.SignedDraft.PAIRS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReviewTest {
  private static final Review REVIEW = of("request-1", "answer", "olga");

  private static Review of(String requestId, String answer, String brokenBy) {
    return new Review(
        requestId,
        answer.getBytes(StandardCharsets.UTF_8),
        List.of(SigningKeys.id(PAIRS.get(brokenBy).getPublic())));
  }

  private static Approval signed(Review review, String scope, String who) {
    KeyPair pair = PAIRS.get(who);
    return review.sign(scope, pair.getPrivate(), pair.getPublic());
  }

  private static String code(Review review, List<Approval> signatures) {
    Refusal refusal = review.judge(KEYRING, signatures, NOW_MS);
    return refusal == null ? "ok" : refusal.code();
  }

  @ParameterizedTest
  @CsvSource({
    "bob, olga, ok",
    "cy, olga, ok",
    "cy, cy2, reviewer_broke_glass",
    "bob, bob-lost, reviewer_broke_glass",
    "ada, olga, wrong_role",
    "olga, ada, wrong_role",
    "bob-lost, olga, revoked_key",
    "rex, olga, revoked_key",
    "bob-old, olga, expired_key",
    "nobody, olga, unknown_key"
  })
  void anApproverWhoDidNotBreakTheGlassReviews(String who, String brokenBy, String code) {
    Review review = of("request-1", "answer", brokenBy);
    assertThat(code(review, List.of(signed(review, "test", who)))).isEqualTo(code);
  }

  @Test
  void aSignatureCountsForThisReviewAlone() {
    assertThat(code(REVIEW, List.of())).isEqualTo("unsigned");
    for (Review other : List.of(of("request-2", "answer", "olga"), of("request-1", "x", "olga"))) {
      assertThat(code(REVIEW, List.of(signed(other, "test", "bob")))).isEqualTo("bad_signature");
    }
    assertThat(code(REVIEW, List.of(signed(REVIEW, "staging", "bob")))).isEqualTo("bad_signature");
    // Who approved something else has reviewed nothing.
    SignedDraft draft = new SignedDraft();
    assertThat(code(REVIEW, List.of(draft.sign().signatures().get(1)))).isEqualTo("bad_signature");
  }
}
