package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A model whose spec has features that production lacks goes live while the job runs: held against
 * {@link Reference}, and where the features are whole against a job that had them all along.
 */
class LiveSpecTest {
  private static final long BOUND_MS = 250;
  private static final long HOUR_MS = 3_600_000L;
  private static final long START_MS = 1_767_225_600_000L;
  private static final TestLog LOG = new TestLog(29, 2_500, true);
  private static final String KEPT =
      "name: kept\nversion: 1\nfeatures:\n"
          + "- {name: count_1h, entity: account, aggregate: count, window: 1h}\n"
          + "- {name: terminal_1h, entity: terminal, aggregate: rate, of: fraud_label, window: 1h}\n"
          + "- {name: night, expression: hour(event_time) <= 6}\n";

  /**
   * Four more: a longer window of an entity that is there, a new entity, one from both, and events
   * of a kind that nobody looked at.
   */
  private static final String MORE =
      "name: more\nversion: 2\nfeatures:\n"
          + "- {name: merchant_2h, entity: merchant, aggregate: mean, of: amount, window: 2h}\n"
          + "- {name: count_1h, entity: account, aggregate: count, window: 1h}\n"
          + "- {name: sum_2h, entity: account, aggregate: sum, of: amount, window: 2h}\n"
          + "- {name: logins_2h, entity: account, aggregate: count, event: login, window: 2h}\n"
          + "- {name: ratio, ratio: [sum_2h, merchant_2h], default: 1}\n";

  @TempDir static Path folder;
  private static Path registry;
  private static Bundle kept;
  private static Bundle more;
  private static FeatureSpec joined;

  @BeforeAll
  static void fillTheRegistry() throws Exception {
    registry = folder.resolve("registry");
    kept = TestBundle.bundle("kept", 7, KEPT);
    kept.copyTo(folder.resolve("kept"));
    more = ControlLog.put(registry, TestBundle.bundle("more", 8, MORE));
    joined = FeatureSpec.read(KEPT, "kept").with(FeatureSpec.read(MORE, "more"));
    TestBundle.write(folder.resolve("all"), FeatureSpec.joined(KEPT, MORE));
  }

  /** In shadow from the second hour on, champion from the sixth on. */
  private static ControlLog control() {
    ControlLog control = new ControlLog();
    control.tick(START_MS + 2 * HOUR_MS - 1);
    // Dated: its features begin at once. The shadow has nothing to bring any more.
    Deployment champion =
        Deployment.newBuilder(
                ControlLog.activated("d1", ArtefactKind.MODEL, Alias.CHAMPION, more.digest(), 0))
            .setFeatureSpec(MORE)
            .setEffectiveAt(START_MS + 6 * HOUR_MS)
            .build();
    control.append(champion);
    control.append(
        ControlLog.activated("d0", ArtefactKind.MODEL, Alias.SHADOW, more.digest(), 10_000));
    // Said again, later: the first counts. What was refused first brings nothing.
    control.tick(START_MS + 3 * HOUR_MS);
    control.append(champion);
    Deployment refused =
        Deployment.newBuilder(
                ControlLog.activated("d2", ArtefactKind.MODEL, Alias.SHADOW, more.digest(), 0))
            .setStatus(DeploymentStatus.REFUSED)
            .build();
    control.append(refused);
    control.append(
        Deployment.newBuilder(refused)
            .setStatus(DeploymentStatus.ACTIVATED)
            .setFeatureSpec(
                "name: no\nversion: 1\nfeatures:\n"
                    + "- {name: no, entity: ip, aggregate: count, window: 1h}\n")
            .build());
    return control;
  }

  @ParameterizedTest
  @CsvSource({"1,8,0", "2,256,2", "4,64,5"})
  void warmsUpInShadowFlaggedAndIsThenAsIfItHadAlwaysBeenThere(
      int parallelism, int batchSize, int rotation) throws Exception {
    Configuration options = options("kept");
    Map<String, Decision> decisions =
        BoundedJob.run(LOG, options, control().records(), parallelism, batchSize, rotation);

    long fromMs = START_MS + 2 * HOUR_MS;
    FeaturePlan before = FeaturePlan.compile(FeatureSpec.read(KEPT, "kept"));
    FeaturePlan after = FeaturePlan.compile(joined, List.of(FeatureSpec.read(KEPT, "kept")));
    NavigableMap<Long, FeaturePlan> plans =
        new TreeMap<>(Map.of(Long.MIN_VALUE, before, fromMs, after));
    Reference reference =
        new Reference(ArtefactSet.read(options), plans, LOG.partitions(), BOUND_MS);
    Map<String, Decision> always = BoundedJob.run(LOG, options("all"), List.of(), 1, 256, 0);
    assertThat(decisions.keySet()).isEqualTo(reference.features.keySet());
    Set<String> flagged = new HashSet<>();
    int whole = 0;
    for (Map.Entry<String, Decision> entry : decisions.entrySet()) {
      String id = entry.getKey();
      Decision decision = entry.getValue();
      boolean extended = decision.getEffectiveTime() >= fromMs;
      assertThat(vector(decision)).as(id).isEqualTo(reference.features.get(id));
      assertThat(decision.getFeatureSpec().bytes())
          .as(id)
          .asHexString()
          .isEqualToIgnoringCase((extended ? after : before).fingerprint());
      assertThat(decision.getChallengerScores().size() == 1)
          .as(id)
          .isEqualTo(extended && decision.getEffectiveTime() < START_MS + 6 * HOUR_MS);
      long eventMs = decision.getTransaction().getEventTime();
      boolean warm = eventMs >= fromMs + 2 * HOUR_MS;
      assertThat(decision.getWarming())
          .as(id)
          .isEqualTo(
              extended && !warm
                  ? List.of("merchant_2h", "sum_2h", "logins_2h", "ratio")
                  : List.of());
      flagged.addAll(decision.getWarming());
      if (warm) {
        whole++;
        assertThat(vector(decision)).as(id).isEqualTo(vector(always.get(id)));
      }
    }
    assertThat(flagged).hasSize(4);
    assertThat(whole).isGreaterThan(500);
    assertThat(OneThread.run(LOG, options, control().records())).isEqualTo(decisions);
  }

  private static float[] vector(Decision decision) {
    float[] vector = new float[decision.getFeatures().remaining() / Float.BYTES];
    decision.getFeatures().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return vector;
  }

  private static Configuration options(String bundle) {
    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, folder.resolve(bundle).toString());
    options.set(VigilOptions.RULES, "basic");
    options.set(VigilOptions.MODE, VigilOptions.Mode.BOUNDED);
    options.set(VigilOptions.CONTROL_REGISTRY, registry.toString());
    return options;
  }
}
