package io.vigil.cli.result;

import io.vigil.schema.Channel;
import io.vigil.schema.Decision;
import io.vigil.schema.Digest;
import io.vigil.schema.EntryMode;
import io.vigil.schema.Outcome;
import io.vigil.schema.Reason;
import io.vigil.schema.RuleHit;
import io.vigil.schema.Transaction;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.jspecify.annotations.Nullable;

/** Random decisions, and the digest computed the slow way from the generated classes. */
public final class DecisionsForTest {

  private static final BinaryMessageEncoder<Decision> ENCODER =
      new BinaryMessageEncoder<>(new SpecificData(), Decision.getClassSchema());

  private DecisionsForTest() {}

  /** A decision with any values. */
  public static Decision random(String id, Random random) {
    Transaction transaction = new Transaction();
    transaction.setTransactionId(id);
    transaction.setEventTime(random.nextLong(2_000_000_000_000L));
    transaction.setAccount("account-" + random.nextInt(50));
    transaction.setCard(maybe(random, "c".repeat(random.nextInt(70))));
    transaction.setMerchant(maybe(random, "m\u00e9rchant"));
    transaction.setCounterparty(maybe(random, "other"));
    transaction.setCustomer(maybe(random, "holder"));
    transaction.setAmountMinor(random.nextInt(1_000_000));
    transaction.setCurrency("EUR");
    transaction.setBillingAmountMinor(random.nextInt(1_000_000));
    transaction.setBillingCurrency("EUR");
    transaction.setMcc(random.nextBoolean() ? random.nextInt(10_000) : null);
    transaction.setChannel(random.nextBoolean() ? Channel.ECOM : Channel.UNKNOWN);
    transaction.setEntryMode(EntryMode.CHIP);
    transaction.setCountry(maybe(random, "DE"));
    transaction.setLatitude(random.nextBoolean() ? random.nextDouble() : null);
    transaction.setLongitude(random.nextBoolean() ? random.nextDouble() : null);
    Map<String, String> attributes = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      attributes.put("key" + i, "value" + random.nextInt());
    }
    transaction.setAttributes(attributes);
    boolean keyChanges = transaction.getEventTime() % 3 == 0;
    transaction.setNextTokens(keyChanges ? Map.of("card", "d".repeat(64)) : null);
    Decision decision = new Decision();
    decision.setTransaction(transaction);
    decision.setSourceTopic("transactions");
    decision.setSourcePartition(random.nextInt(4));
    decision.setSourceOffset(random.nextLong(1L << 40));
    decision.setAppendTime(random.nextLong(2_000_000_000_000L));
    decision.setEffectiveTime(random.nextLong(2_000_000_000_000L));
    decision.setLate(random.nextInt(10) == 0);
    decision.setOutcome(pick(Outcome.values(), random));
    boolean scored = random.nextInt(5) != 0;
    decision.setScore(scored ? random.nextDouble() : Double.NaN);
    decision.setLogitBits(scored ? Integer.valueOf(random.nextInt()) : null);
    decision.setEngineClass("pytorch-2.7.1-cpu-default");
    decision.setEngineVersion(1);
    byte[] features = new byte[4 * random.nextInt(40)];
    random.nextBytes(features);
    decision.setFeatures(ByteBuffer.wrap(features));
    String alertId = "0123456789abcdef".repeat(4);
    Digest digest = new Digest(alertId.substring(32).getBytes(StandardCharsets.US_ASCII));
    decision.setFeatureSpec(digest);
    decision.setModel(digest);
    decision.setRuleSet(digest);
    decision.setPolicy(digest);
    decision.setRates(digest);
    List<RuleHit> hits = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      hits.add(new RuleHit("rule-" + i, "CODE_" + i, Outcome.REVIEW, 10 * i - 25));
    }
    decision.setRuleHits(hits);
    List<Reason> reasons = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      reasons.add(
          new Reason(
              "reason" + i,
              "Spent 3\u00d7 more than usual",
              random.nextBoolean() ? random.nextGaussian() : null,
              random.nextBoolean() ? random.nextGaussian() : null,
              random.nextBoolean() ? random.nextGaussian() : null));
    }
    decision.setReasons(reasons);
    decision.setAlertId(maybe(random, alertId));
    decision.setExpectedLossMinor(random.nextInt(100_000));
    decision.setFallbackCause(scored ? null : "deadline");
    decision.setChallengerScores(List.of());
    decision.setWarming(List.of());
    decision.setLists(List.of(digest));
    return decision;
  }

  /** In single-object encoding. */
  public static byte[] encode(Decision decision) {
    try {
      ByteBuffer encoded = ENCODER.encode(decision);
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The definition of docs/cli.md, word for word, with no thought of speed. */
  static byte[] naiveDigest(List<Decision> decisions) {
    List<Decision> sorted = new ArrayList<>(decisions);
    Comparator<byte[]> shortlex =
        Comparator.<byte[]>comparingInt(id -> id.length)
            .thenComparing((a, b) -> java.util.Arrays.compareUnsigned(a, b));
    sorted.sort(
        Comparator.comparing(
            decision ->
                decision.getTransaction().getTransactionId().getBytes(StandardCharsets.UTF_8),
            shortlex));
    MessageDigest all = sha256();
    for (Decision decision : sorted) {
      all.update(naiveLeaf(decision));
    }
    return all.digest();
  }

  static byte[] naiveLeaf(Decision decision) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      text(out, decision.getTransaction().getTransactionId());
      out.writeLong(decision.getEffectiveTime());
      text(out, decision.getOutcome().name());
      Integer logit = decision.getLogitBits();
      out.writeByte(logit == null ? 0 : 1);
      if (logit != null) {
        out.writeInt(logit);
      }
      byte[] features = new byte[decision.getFeatures().remaining()];
      decision.getFeatures().duplicate().get(features);
      out.writeInt(features.length);
      out.write(features);
      out.writeInt(decision.getRuleHits().size());
      for (RuleHit hit : decision.getRuleHits()) {
        text(out, hit.getRule());
        text(out, hit.getReasonCode());
        text(out, hit.getOutcome().name());
      }
      out.writeInt(decision.getReasons().size());
      for (Reason reason : decision.getReasons()) {
        text(out, reason.getCode());
        text(out, reason.getText());
        number(out, reason.getValue());
        number(out, reason.getBaseline());
        number(out, reason.getContribution());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sha256().digest(bytes.toByteArray());
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  private static void number(DataOutputStream out, @Nullable Double number) throws IOException {
    out.writeByte(number == null ? 0 : 1);
    if (number != null) {
      out.writeLong(Double.doubleToRawLongBits(number));
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  // The element is taken from the very array whose length bounds the index.
  @SuppressWarnings("EnumOrdinal")
  private static Outcome pick(Outcome[] outcomes, Random random) {
    return outcomes[random.nextInt(outcomes.length)];
  }

  private static @Nullable String maybe(Random random, String text) {
    return random.nextBoolean() ? text : null;
  }
}
