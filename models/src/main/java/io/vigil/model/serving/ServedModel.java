package io.vigil.model.serving;

import io.vigil.model.bundle.Bundle;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.reason.ReasonCodes;
import io.vigil.model.score.Explainer;
import io.vigil.model.score.Scorer;
import io.vigil.model.score.ScoringModel;
import java.util.HexFormat;
import java.util.List;

/**
 * A model in service: verified, loaded once for each of the device's threads, and warm. Closed by
 * each who got it; the last one frees it. Thread-safe.
 */
public final class ServedModel implements AutoCloseable {
  private final ScoringService service;
  private final String key;
  private final byte[] digest;
  private final List<Loaded> byLane;
  private int holders;
  private volatile boolean retired;

  /** The model as one thread uses it. */
  record Loaded(Scorer scorer, ScoringModel model, Explainer explainer) {

    /** Loads and verifies it. */
    static Loaded open(Bundle bundle, String device, List<String> features) {
      Scorer scorer = bundle.open(device);
      try {
        ScoringModel model = bundle.scoringModel(scorer, features);
        FeatureSpec spec = FeatureSpec.read(bundle.featureSpec(), bundle.manifest().name());
        return new Loaded(scorer, model, new Explainer(model, ReasonCodes.of(spec)));
      } catch (RuntimeException e) {
        scorer.close();
        throw e;
      }
    }
  }

  /**
   * @param byLane one for each of the device's threads; none when it is quarantined
   */
  ServedModel(ScoringService service, String key, Bundle bundle, List<Loaded> byLane) {
    this.service = service;
    this.key = key;
    this.digest = HexFormat.of().parseHex(bundle.digest());
    this.byLane = List.copyOf(byLane);
  }

  /** What may crash the process on loading is not even loaded. */
  static ServedModel quarantined(ScoringService service, String key, Bundle bundle) {
    return new ServedModel(service, key, bundle, List.of());
  }

  /**
   * See {@link Scorer#engineClass()}; {@code none} when it is quarantined, for then nothing runs.
   */
  public String engineClass() {
    return quarantined() ? "none" : byLane.get(0).scorer().engineClass();
  }

  /** Whether the process crashed twice inside it, so that it is not run. */
  public boolean quarantined() {
    return byLane.isEmpty();
  }

  byte[] digest() {
    return digest;
  }

  String key() {
    return key;
  }

  Loaded lane(int number) {
    return byLane.get(number);
  }

  /** Guarded by the service, like {@link #release}. */
  ServedModel hold() {
    holders++;
    return this;
  }

  /** Whether that was the last holder. */
  boolean release() {
    return --holders == 0;
  }

  /** From now on no thread of the service takes it up. */
  void retire() {
    retired = true;
  }

  boolean retired() {
    return retired;
  }

  void free() {
    byLane.forEach(one -> one.scorer().close());
  }

  @Override
  public void close() {
    service.release(this);
  }
}
