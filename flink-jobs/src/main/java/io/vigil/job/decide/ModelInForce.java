package io.vigil.job.decide;

import io.vigil.model.score.Calibration;
import io.vigil.model.serving.ServedModel;
import io.vigil.schema.Digest;

/**
 * A model that decides or is compared.
 *
 * @param served runs it
 * @param digest of its bundle
 * @param calibration of its logits
 */
public record ModelInForce(ServedModel served, Digest digest, Calibration calibration) {}
