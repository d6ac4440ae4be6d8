package io.vigil.model.policy;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.artefact.YamlMap;
import java.util.Currency;
import java.util.regex.Pattern;

/**
 * Turns a calibrated probability and the rules that held into an outcome.
 *
 * <p>The score asks for the strictest outcome whose threshold it reaches, else for approval;
 * without a score it is the fallback outcome that is asked for. The strictest of that and of what
 * the rules and their points ask wins. The one exception, where {@code approve_lowers} is true:
 * when a rule asks to approve and neither another rule nor the points ask for anything stricter,
 * what the score asks up to {@link Outcome#REVIEW} becomes {@link Outcome#APPROVE}; a decline by
 * score stands.
 *
 * <p>Immutable and thread-safe.
 */
public final class Policy {

  /** Exposures above this are refused, in minor units: the contract's bound of an amount. */
  private static final long EXPOSURE_MINOR_MAX = 1_000_000_000_000L;

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");

  private static final Pattern TRUTH = Pattern.compile("true|false");

  /** No probability reaches it. */
  private static final double NEVER = 2;

  private final String name;
  private final int version;
  private final String baseCurrency;
  private final double stepUp;
  private final double review;
  private final double decline;
  private final boolean approveLowers;
  private final Outcome fallbackOutcome;
  private final double fallbackProbability;
  private final Outcome alertFrom;
  private final long caseWindowMs;
  private final int reasonsMax;
  private final String digest;

  private Policy(YamlMap file, String digest) {
    this.digest = digest;
    name = file.text("name", NAME, "a name of lower-case letters, digits and hyphens");
    version = file.integer("version", 1, Integer.MAX_VALUE);
    baseCurrency = currency(file, "base_currency").getCurrencyCode();
    YamlMap thresholds = file.map("thresholds", "step_up", "review", "decline");
    stepUp = threshold(thresholds, "step_up", 0);
    review = threshold(thresholds, "review", stepUp == NEVER ? 0 : stepUp);
    double highest = review == NEVER ? stepUp : review;
    decline = threshold(thresholds, "decline", highest == NEVER ? 0 : highest);
    approveLowers = file.text("approve_lowers", TRUTH, "true or false").equals("true");
    YamlMap fallback = file.map("fallback", "outcome", "probability");
    fallbackOutcome = fallback.choice("outcome", Outcome.byId(Outcome.APPROVE));
    fallbackProbability = fallback.decimal("probability", 0, 1);
    alertFrom = file.choice("alert_from", Outcome.byId(Outcome.STEP_UP));
    caseWindowMs = file.durationMs("case_window");
    reasonsMax = file.integer("max_reasons", 1, 8);
  }

  /**
   * Reads a policy.
   *
   * @param yaml the whole file
   * @param origin where it came from, for messages
   * @throws ArtefactException at the first thing that is wrong
   */
  public static Policy read(String yaml, String origin) {
    YamlMap file =
        YamlMap.read(
            yaml,
            origin,
            "name",
            "version",
            "base_currency",
            "thresholds",
            "approve_lowers",
            "fallback",
            "alert_from",
            "case_window",
            "max_reasons");
    return new Policy(file, Artefacts.digest(yaml));
  }

  /** The policy that comes with Vigil. */
  public static Policy builtIn() {
    return read(Artefacts.builtIn("policies/default.yaml"), "policies/default.yaml");
  }

  /** A threshold, 0 exclusive to 1, at least as high as that of a milder outcome. */
  private static double threshold(YamlMap thresholds, String key, double min) {
    if (!thresholds.has(key)) {
      return NEVER;
    }
    double threshold = thresholds.decimal(key, min, 1);
    if (threshold == 0) {
      throw thresholds.wrong(key, "a probability above 0");
    }
    return threshold;
  }

  static Currency currency(YamlMap file, String key) {
    String expected = "an ISO 4217 code of a currency with minor units, such as EUR";
    String code = file.text(key, expected);
    return Currency.getAvailableCurrencies().stream()
        .filter(known -> known.getCurrencyCode().equals(code))
        .filter(known -> known.getDefaultFractionDigits() >= 0)
        .findFirst()
        .orElseThrow(() -> file.wrong(key, expected));
  }

  /**
   * Decides.
   *
   * @param probability calibrated, 0 to 1; NaN when the model did not score
   * @param held the rules that held, and what their points ask for
   * @param exposureMinor what may be lost, minor units of the base currency, 0 to 10^12
   * @throws IllegalArgumentException when a number is out of range
   */
  public Verdict decide(double probability, Held held, long exposureMinor) {
    boolean scored = !Double.isNaN(probability);
    if (scored && !(probability >= 0 && probability <= 1)) {
      throw new IllegalArgumentException("probability: expected 0 to 1, got " + probability);
    }
    if (exposureMinor < 0 || exposureMinor > EXPOSURE_MINOR_MAX) {
      throw new IllegalArgumentException(
          "exposureMinor: expected 0 to 10^12, got " + exposureMinor);
    }
    Outcome byScore = scored ? byScore(probability) : fallbackOutcome;
    Outcome byRules = held.asked();
    boolean approved = false;
    for (Hit hit : held.hits()) {
      approved |= hit.outcome() == Outcome.APPROVE;
    }
    boolean lowered =
        approveLowers
            && approved
            && byRules == Outcome.APPROVE
            && byScore.compareTo(Outcome.REVIEW) <= 0;
    Outcome outcome = lowered ? Outcome.APPROVE : byScore.orStricter(byRules);
    return new Verdict(
        outcome,
        outcome.compareTo(alertFrom) >= 0,
        timesHalfEven(scored ? probability : fallbackProbability, exposureMinor));
  }

  private Outcome byScore(double probability) {
    if (probability >= decline) {
      return Outcome.DECLINE;
    }
    if (probability >= review) {
      return Outcome.REVIEW;
    }
    return probability >= stepUp ? Outcome.STEP_UP : Outcome.APPROVE;
  }

  /**
   * The exact product, rounded half to even. The double product is itself rounded, but never across
   * a half, so that only a product that looks like a tie needs its error, which a fused
   * multiply-add yields exactly.
   */
  private static long timesHalfEven(double probability, long exposureMinor) {
    double product = probability * exposureMinor;
    double rounded = StrictMath.rint(product);
    double error = Math.fma(probability, (double) exposureMinor, -product);
    if (error != 0 && Math.abs(product - rounded) == 0.5) {
      rounded = error > 0 ? StrictMath.ceil(product) : StrictMath.floor(product);
    }
    return (long) rounded;
  }

  /**
   * The id of the alert that a transaction raises under a policy: the first 128 bits of SHA-256
   * over the policy's digest and then the transaction's id, 32 lower-case hex digits.
   */
  public static String alertId(String transactionId, String policyDigest) {
    return Artefacts.digest(policyDigest + transactionId).substring(0, 32);
  }

  public String name() {
    return name;
  }

  public int version() {
    return version;
  }

  /** ISO 4217 code in whose minor units exposures and losses are. */
  public String baseCurrency() {
    return baseCurrency;
  }

  /** Alerts of one account whose event times lie within it belong to one case. */
  public long caseWindowMs() {
    return caseWindowMs;
  }

  /** How many reasons a decision names at most, 1 to 8. */
  public int reasonsMax() {
    return reasonsMax;
  }

  /** SHA-256 of the file, hex. */
  public String digest() {
    return digest;
  }
}
