package io.vigil.job.archive;

import io.vigil.job.control.Registry;
import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.approval.Kind;
import java.io.IOException;
import java.util.UUID;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * A registry whose artefacts are also kept in the archive when they are read, below {@code
 * artefacts/}: so that whatever decided can be read again when the registry is gone. Thread-safe;
 * several processes may keep the same artefact at once.
 */
public final class KeptArtefacts implements ArtefactStore {
  private final ArtefactStore from;
  private final Path root;

  /**
   * @param from where artefacts come from
   * @param archive where they are kept
   */
  public KeptArtefacts(ArtefactStore from, ArchiveFolder archive) {
    this.from = from;
    this.root = root(archive);
  }

  /** Artefacts as an archive has kept them. */
  public static ArtefactStore of(ArchiveFolder archive) {
    return new Registry(root(archive).toString());
  }

  private static Path root(ArchiveFolder archive) {
    return archive.resolve("artefacts");
  }

  @Override
  public byte[] read(Kind kind, String digest, long bytesMax) throws IOException {
    byte[] bytes = from.read(kind, digest, bytesMax);
    keep(root, kind, digest, bytes);
    return bytes;
  }

  /** Whether an artefact is kept. */
  static boolean has(ArchiveFolder archive, Kind kind, String digest) throws IOException {
    Path file = new Path(root(archive), Registry.location(kind, digest));
    return file.getFileSystem().exists(file);
  }

  /** Keeps an artefact of that digest, unless it is there. */
  public static void keep(ArchiveFolder archive, Kind kind, String digest, byte[] bytes)
      throws IOException {
    keep(root(archive), kind, digest, bytes);
  }

  private static void keep(Path root, Kind kind, String digest, byte[] bytes) throws IOException {
    Path file = new Path(root, Registry.location(kind, digest));
    FileSystem files = file.getFileSystem();
    if (files.exists(file)) {
      return;
    }
    files.mkdirs(file.getParent());
    Path draft = new Path(file.getParent(), "." + digest + "-" + UUID.randomUUID());
    try (FSDataOutputStream out = files.create(draft, FileSystem.WriteMode.NO_OVERWRITE)) {
      out.write(bytes);
    }
    // Whoever comes first has written the same bytes.
    if (!files.rename(draft, file)) {
      files.delete(draft, false);
    }
  }
}
