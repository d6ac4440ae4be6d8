package io.vigil.job;

import io.vigil.model.approval.SigningKeys;
import io.vigil.model.proof.NoteKey;
import org.apache.flink.configuration.ReadableConfig;

/** What the proof needs of the other options. */
final class ProofSettings {
  private ProofSettings() {}

  /**
   * The log's name.
   *
   * @throws IllegalArgumentException when an option is missing without which a proof would say less
   *     than it seems to
   */
  static String origin(ReadableConfig options) {
    String origin =
        options
            .getOptional(VigilOptions.PROOF_ORIGIN)
            .orElseThrow(() -> missing(VigilOptions.PROOF_ORIGIN.key()));
    if (options.getOptional(VigilOptions.ARCHIVE_DIR).isEmpty()) {
      throw missing(VigilOptions.ARCHIVE_DIR.key());
    }
    boolean live = options.get(VigilOptions.MODE) == VigilOptions.Mode.LIVE;
    if (live && options.getOptional(VigilOptions.STATE_DIR).isEmpty()) {
      // Heads show with checkpoints: without them a live job would never publish one.
      throw missing(VigilOptions.STATE_DIR.key());
    }
    return new NoteKey(origin, SigningKeys.generate().getPublic()).name();
  }

  private static IllegalArgumentException missing(String key) {
    return new IllegalArgumentException(
        key + ": expected a value beside " + VigilOptions.PROOF_KEY.key() + ", got none");
  }
}
