package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.record.LogRecord;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.event.Fact;
import io.vigil.schema.Decision;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Events, profiles, and what customers do on all their accounts, held against a loop over all that
 * ever took effect.
 */
final class MoreInputsTest {
  /** Of events, profiles and customers, in the order of {@link Loop#values}. */
  static final String FEATURES =
      """
      name: more
      version: 1
      features:
        - {name: payees_changed_24h, entity: account, aggregate: count, event: payee_changed, window: 24h}
        - {name: since_payee_change_s, entity: account, aggregate: elapsed, event: payee_changed, default: -1}
        - {name: payee_changed_7d, entity: account, aggregate: seen, of: counterparty, event: payee_changed, window: 7d}
        - {name: login_devices_3h, entity: account, aggregate: distinct, of: device, event: login, window: 3h}
        - {name: failed_logins, entity: device, aggregate: share, event: login, where: attributes.result == 'failed', window: 12h, default: -1}
        - {name: credit_limit, entity: account, fact: credit_limit, default: -1}
        - {name: is_gold, entity: account, fact: segment, equals: gold, default: -1}
        - {name: merchant_grade, entity: merchant, fact: grade, default: -1}
        - {name: customer_payments_12h, entity: customer, aggregate: count, window: 12h, default: -1}
        - {name: customer_merchant_12h, entity: [customer, merchant], aggregate: count, window: 12h, default: -1}
        - {name: device_customers_12h, entity: device, aggregate: distinct, of: customer, window: 12h, default: -1}
        - {name: customer_frauds_7d, entity: customer, aggregate: count, of: fraud_label, window: 7d}
        - {name: customer_payees_changed_24h, entity: customer, aggregate: count, event: payee_changed, window: 24h}
        - {name: customer_is_gold, entity: customer, fact: segment, equals: gold, default: -1}
      """;

  private static final int COUNT = 14;
  private static final long HOUR_MS = 3_600_000;
  private static final TestLog LOG = new TestLog(23, 3_500, true);

  @TempDir static Path folder;
  private static Configuration options;
  private static Map<String, float[]> expected;

  @BeforeAll
  static void reckon() throws Exception {
    options = new Configuration();
    options.set(VigilOptions.BUNDLE, TestBundle.write(folder.resolve("b"), FEATURES).toString());
    options.set(VigilOptions.RULES, "basic");
    options.set(VigilOptions.CONTROL_REGISTRY, folder.resolve("registry").toString());
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    expected = new Loop(OneThread.sequenced(LOG, List.of())).vectors;
  }

  @Test
  void theLogMovesEveryFeature() {
    for (int feature = 0; feature < COUNT; feature++) {
      int index = feature;
      assertThat(expected.values().stream().map(vector -> vector[index]).distinct())
          .as("feature " + index)
          .hasSizeGreaterThan(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"1,8,0", "2,256,3", "4,64,6"})
  void decidesAsTheLoopWhateverTheParallelismBatchSizeAndInterleaving(
      int parallelism, int batchSize, int rotation) throws Exception {
    same(BoundedJob.run(LOG, options, List.of(), parallelism, batchSize, rotation));
  }

  @Test
  void aReplayDecidesAsTheLoop() throws Exception {
    same(OneThread.run(LOG, options, List.of()));
  }

  private static void same(Map<String, Decision> decisions) {
    assertThat(decisions.keySet()).isEqualTo(expected.keySet());
    decisions.forEach(
        (id, decision) -> assertThat(features(decision)).as(id).isEqualTo(expected.get(id)));
  }

  /** A spec without them decides the same, bit for bit, whether or not there are any. */
  @Test
  void whatNobodyAsksForChangesNothing() throws Exception {
    Configuration plain = new Configuration(options);
    String spec = Artefacts.builtIn("specs/default.yaml");
    plain.set(VigilOptions.BUNDLE, TestBundle.write(folder.resolve("plain"), spec).toString());

    assertThat(BoundedJob.run(LOG, plain, List.of(), 2, 64, 5))
        .isEqualTo(BoundedJob.run(new TestLog(23, 3_500), plain, List.of(), 2, 64, 0));
  }

  static float[] features(Decision decision) {
    float[] features = new float[decision.getFeatures().remaining() / Float.BYTES];
    decision.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(features);
    return features;
  }

  /** Keeps every record and looks through all of them for each transaction. */
  private static final class Loop {
    final Map<String, float[]> vectors = new TreeMap<>();

    private final Codec<Transaction> transactions = Codec.of(Transaction.class);
    private final Codec<Event> eventCodec = Codec.of(Event.class);
    private final Codec<Profile> profileCodec = Codec.of(Profile.class);
    private final Codec<Label> labelCodec = Codec.of(Label.class);
    private final Map<String, Label> labels = new HashMap<>();
    private final List<Transaction> paid = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private final List<Profile> profiles = new ArrayList<>();

    Loop(List<LogRecord> ordered) throws Exception {
      Set<String> seen = new HashSet<>();
      for (LogRecord record : ordered) {
        if (!seen.add(record.kind() + record.id())) {
          continue;
        }
        switch (record.kind()) {
          case LABEL -> {
            Label label = labelCodec.decode(record.value());
            labels.merge(
                label.getTransactionId(),
                label,
                (one, other) -> one.getLabelTime() > other.getLabelTime() ? one : other);
          }
          case EVENT -> events.add(eventCodec.decode(record.value()));
          case PROFILE -> profiles.add(profileCodec.decode(record.value()));
          default -> {
            Transaction t = transactions.decode(record.value());
            paid.add(t);
            vectors.put(t.getTransactionId(), values(t));
          }
        }
      }
    }

    private float[] values(Transaction t) {
      long nowMs = t.getEventTime();
      List<Event> payees =
          events(e -> e.getKind().equals("payee_changed") && e.getAccount().equals(t.getAccount()));
      long lastMs =
          payees.stream()
              .mapToLong(Event::getEventTime)
              .filter(ms -> ms <= nowMs)
              .max()
              .orElse(Long.MIN_VALUE);
      List<Event> logins =
          events(e -> e.getKind().equals("login") && e.getAccount().equals(t.getAccount()));
      List<Event> onDevice =
          within(
              events(
                  e -> e.getKind().equals("login") && Objects.equals(e.getDevice(), t.getDevice())),
              nowMs,
              12);
      long failed =
          onDevice.stream().filter(e -> "failed".equals(e.getAttributes().get("result"))).count();
      boolean device = t.getDevice() != null && !onDevice.isEmpty();
      Fact segment = fact("account", t.getAccount(), "segment", nowMs);
      String customer = t.getCustomer();
      Predicate<Transaction> lately = p -> isWithin(p.getEventTime(), nowMs, 12);
      Predicate<Transaction> ofCustomer = lately.and(p -> isOf(p.getCustomer(), customer));
      Predicate<Transaction> onSameDevice = lately.and(p -> isOf(p.getDevice(), t.getDevice()));
      Fact customersSegment = fact("customer", customer, "segment", nowMs);
      double[] values = {
        within(payees, nowMs, 24).size(),
        lastMs == Long.MIN_VALUE ? -1 : (nowMs - lastMs) / 1_000.0,
        within(payees, nowMs, 7 * 24).stream()
            .filter(e -> e.getCounterparty().equals(t.getCounterparty()))
            .count(),
        within(logins, nowMs, 3).stream()
            .map(Event::getDevice)
            .filter(Objects::nonNull)
            .distinct()
            .count(),
        device ? failed / (double) onDevice.size() : -1,
        number(fact("account", t.getAccount(), "credit_limit", nowMs)),
        segment.text() == null ? -1 : segment.text().equals("gold") ? 1 : 0,
        number(fact("merchant", t.getMerchant(), "grade", nowMs)),
        customer == null ? -1 : paid.stream().filter(ofCustomer).count(),
        customer == null || t.getMerchant() == null
            ? -1
            : paid.stream()
                .filter(ofCustomer.and(p -> isOf(p.getMerchant(), t.getMerchant())))
                .count(),
        t.getDevice() == null
            ? -1
            : paid.stream()
                .filter(onSameDevice)
                .map(Transaction::getCustomer)
                .filter(Objects::nonNull)
                .distinct()
                .count(),
        labels.values().stream()
            .filter(l -> l.getValue() == LabelValue.FRAUD && isOf(l.getCustomer(), customer))
            .filter(l -> isWithin(l.getTransactionTime(), nowMs, 7 * 24))
            .count(),
        within(
                events(e -> e.getKind().equals("payee_changed") && isOf(e.getCustomer(), customer)),
                nowMs,
                24)
            .size(),
        customersSegment.text() == null ? -1 : customersSegment.text().equals("gold") ? 1 : 0
      };
      float[] vector = new float[COUNT];
      for (int i = 0; i < COUNT; i++) {
        vector[i] = (float) values[i];
      }
      return vector;
    }

    private List<Event> events(Predicate<Event> which) {
      return events.stream().filter(which).toList();
    }

    private static List<Event> within(List<Event> events, long nowMs, int hours) {
      return events.stream().filter(e -> isWithin(e.getEventTime(), nowMs, hours)).toList();
    }

    private static boolean isWithin(long ms, long nowMs, int hours) {
      return ms <= nowMs && ms > nowMs - hours * HOUR_MS;
    }

    private static boolean isOf(@Nullable String id, @Nullable String other) {
      return id != null && id.equals(other);
    }

    private static double number(Fact fact) {
      return fact.isNumber() ? fact.number() : -1;
    }

    /** Of those that hold by then the one from the latest instant, of equal ones the last. */
    private Fact fact(String entity, @Nullable String id, String name, long nowMs) {
      FactValue value = null;
      long sinceMs = Long.MIN_VALUE;
      for (Profile profile : profiles) {
        if (profile.getEntity().equals(entity)
            && profile.getEntityId().equals(id)
            && profile.getFacts().containsKey(name)
            && profile.getEventTime() <= nowMs
            && profile.getEventTime() >= sinceMs) {
          value = new HashMap<>(profile.getFacts()).get(name);
          sinceMs = profile.getEventTime();
        }
      }
      if (value == null || (value.getNumber() == null && value.getText() == null)) {
        return Fact.NONE;
      }
      return value.getNumber() == null ? Fact.of(value.getText()) : Fact.of(value.getNumber());
    }
  }
}
