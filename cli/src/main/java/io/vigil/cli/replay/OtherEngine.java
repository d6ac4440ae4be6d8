package io.vigil.cli.replay;

import io.vigil.schema.ChallengerScore;
import io.vigil.schema.Decision;
import io.vigil.schema.Reason;
import io.vigil.schema.codec.Codec;
import java.util.Arrays;
import java.util.List;

/**
 * What another engine class may change: the last bits of scores, which are bit-equal within one
 * class only. Stateless.
 */
final class OtherEngine {
  /** How far logits of two engine classes may lie apart, as models are promised to behave. */
  private static final double TOLERANCE = 1e-4;

  private OtherEngine() {}

  /**
   * How far the logits of two decisions lie apart that are the same but for the last bits of their
   * scores, and of what follows from those; -1 when they are not, or of one class.
   */
  static double distance(Decision was, Decision is) {
    if (was.getEngineClass().equals(is.getEngineClass())) {
      return -1;
    }
    Integer wasBits = was.getLogitBits();
    Integer isBits = is.getLogitBits();
    if ((wasBits == null) != (isBits == null)) {
      return -1;
    }
    double distance =
        wasBits == null || isBits == null
            ? 0
            : Math.abs((double) Float.intBitsToFloat(wasBits) - Float.intBitsToFloat(isBits));
    if (!(distance <= TOLERANCE)
        || !nearScores(was.getScore(), is.getScore())
        || Math.abs(was.getExpectedLossMinor() - is.getExpectedLossMinor())
            > 1 + TOLERANCE * was.getTransaction().getBillingAmountMinor()
        || !nearReasons(was.getReasons(), is.getReasons())
        || !nearChallengers(was.getChallengerScores(), is.getChallengerScores())) {
      return -1;
    }
    Codec<Decision> codec = Codec.of(Decision.class);
    Decision other =
        Decision.newBuilder(is)
            .setEngineClass(was.getEngineClass())
            .setLogitBits(wasBits)
            .setScore(was.getScore())
            .setExpectedLossMinor(was.getExpectedLossMinor())
            .setReasons(was.getReasons())
            .setChallengerScores(was.getChallengerScores())
            .build();
    if (!Arrays.equals(codec.encode(was), codec.encode(other))) {
      return -1;
    }
    return distance;
  }

  private static boolean nearScores(double was, double is) {
    return Math.abs(was - is) <= TOLERANCE || (Double.isNaN(was) && Double.isNaN(is));
  }

  private static boolean nearReasons(List<Reason> was, List<Reason> is) {
    if (was.size() != is.size()) {
      return false;
    }
    for (int i = 0; i < was.size(); i++) {
      Double one = was.get(i).getContribution();
      Double other = is.get(i).getContribution();
      if (!was.get(i).getCode().equals(is.get(i).getCode())
          || (one == null) != (other == null)
          || (one != null && other != null && !(Math.abs(one - other) <= TOLERANCE))) {
        return false;
      }
    }
    return true;
  }

  private static boolean nearChallengers(List<ChallengerScore> was, List<ChallengerScore> is) {
    if (was.size() != is.size()) {
      return false;
    }
    for (int i = 0; i < was.size(); i++) {
      float one = Float.intBitsToFloat(was.get(i).getLogitBits());
      float other = Float.intBitsToFloat(is.get(i).getLogitBits());
      boolean near = Math.abs((double) one - other) <= TOLERANCE;
      if (!was.get(i).getModel().equals(is.get(i).getModel())
          || !(near || (Float.isNaN(one) && Float.isNaN(other)))) {
        return false;
      }
    }
    return true;
  }
}
