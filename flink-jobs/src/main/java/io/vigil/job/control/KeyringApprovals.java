package io.vigil.job.control;

import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Judge;
import io.vigil.model.approval.Keyring;
import io.vigil.model.approval.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Judges by a keyring, which is read anew for every request: a key that was taken out counts no
 * more. Thread-safe.
 */
final class KeyringApprovals implements ControlSettings.Approvals {
  private static final long serialVersionUID = 1L;

  /** A keyring is a list of persons. */
  private static final int BYTES_MAX = 1024 * 1024;

  private final @Nullable String keyring;

  /**
   * @param keyring its file, a URI; null for none, so that everything is refused
   */
  KeyringApprovals(@Nullable String keyring) {
    this.keyring = keyring;
  }

  @Override
  public @Nullable Refusal judge(DeploymentRequest request, InForce inForce, long effectiveTimeMs)
      throws IOException {
    if (keyring == null) {
      return new Refusal(
          "no_keyring", "vigil.control.keyring: expected the file of those who may sign, got none");
    }
    return new Judge(keyring()).judge(request, inForce, effectiveTimeMs);
  }

  @Override
  public Keyring keyring() throws IOException {
    if (keyring == null) {
      return Keyring.empty("none");
    }
    Path file = new Path(keyring);
    byte[] yaml;
    try (FSDataInputStream in = FileSystem.get(file.toUri()).open(file)) {
      yaml = in.readNBytes(BYTES_MAX + 1);
    }
    if (yaml.length > BYTES_MAX) {
      throw new IOException(keyring + ": expected at most " + BYTES_MAX + " bytes, got more");
    }
    return Keyring.read(new String(yaml, StandardCharsets.UTF_8), keyring);
  }
}
