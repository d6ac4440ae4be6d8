package io.vigil.job.control;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.approval.DeploymentRequest;
import io.vigil.model.approval.InForce;
import io.vigil.model.approval.Keyring;
import io.vigil.model.approval.Refusal;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a job treats the control topic. Immutable.
 *
 * @param live whether requests are judged and answered; else activated records are obeyed and no
 *     more
 * @param registry where artefacts are
 * @param approvals who judges requests
 * @param loadLimit how long a request's artefact may take to be read, verified and warm
 * @param artefactBytesMax the largest artefact that is read, bytes
 */
public record ControlSettings(
    boolean live,
    RegistryFactory registry,
    Approvals approvals,
    Duration loadLimit,
    long artefactBytesMax)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Makes a subtask's way to the registry. */
  @FunctionalInterface
  public interface RegistryFactory extends Serializable {
    ArtefactStore open();
  }

  /** Judges requests. Called on threads of its own; may read files. */
  @FunctionalInterface
  public interface Approvals extends Serializable {
    /**
     * Judges one request.
     *
     * @param effectiveTimeMs of the request, milliseconds since the epoch
     * @return null when it may be put in force
     * @throws IOException when what it is judged by cannot be read
     */
    @Nullable Refusal judge(DeploymentRequest request, InForce inForce, long effectiveTimeMs)
        throws IOException;

    /**
     * Who signs with which key, as it is now; an empty one when nobody does.
     *
     * @throws IOException when it cannot be read
     */
    default Keyring keyring() throws IOException {
      return Keyring.empty("none");
    }
  }

  /**
   * As the options say.
   *
   * @param live whether requests are judged
   * @param registry a folder, a URI; null for none
   * @param keyring a file, a URI; null for none
   * @param loadLimit see {@link #loadLimit()}
   * @param artefactBytesMax see {@link #artefactBytesMax()}
   */
  public static ControlSettings of(
      boolean live,
      @Nullable String registry,
      @Nullable String keyring,
      Duration loadLimit,
      long artefactBytesMax) {
    return new ControlSettings(
        live, () -> registry(registry), new KeyringApprovals(keyring), loadLimit, artefactBytesMax);
  }

  /** The same; what is read from the registry is kept in that archive too, a URI. */
  public ControlSettings keepingIn(String archive) {
    RegistryFactory from = registry;
    return new ControlSettings(
        live,
        () -> new KeptArtefacts(from.open(), ArchiveFolder.of(archive)),
        approvals,
        loadLimit,
        artefactBytesMax);
  }

  private static ArtefactStore registry(@Nullable String root) {
    if (root != null) {
      return new Registry(root);
    }
    return (kind, digest, bytesMax) -> {
      throw new FileNotFoundException(
          "vigil.control.registry: expected a folder with the artefact "
              + digest
              + ", none is set");
    };
  }
}
