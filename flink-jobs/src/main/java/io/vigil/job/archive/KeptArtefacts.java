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
    return new Registry(uri(archive));
  }

  /** Where an archive keeps them, as the root of a {@link Registry}. */
  public static String uri(ArchiveFolder archive) {
    return root(archive).toString();
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

  /** Keeps an artefact of that digest, unless it is there. */
  public static void keep(ArchiveFolder archive, Kind kind, String digest, byte[] bytes)
      throws IOException {
    keep(root(archive), kind, digest, bytes);
  }

  private static void keep(Path root, Kind kind, String digest, byte[] bytes) throws IOException {
    Path file = new Path(root, Registry.location(kind, digest));
    FileSystem files = file.getFileSystem();
    if (has(files, file, bytes.length)) {
      return;
    }
    files.mkdirs(file.getParent());
    Path draft = new Path(file.getParent(), "." + digest + "-" + UUID.randomUUID());
    try (FSDataOutputStream out = files.create(draft, FileSystem.WriteMode.NO_OVERWRITE)) {
      out.write(bytes);
      AtomicFile.sync(files, out);
    }
    if (files.exists(file) && !has(files, file, bytes.length)) {
      files.delete(file, false); // Cut short by something that no program saw.
    }
    // Whoever comes first has written the same bytes.
    if (!files.rename(draft, file)) {
      files.delete(draft, false);
    }
  }

  private static boolean has(FileSystem files, Path file, long length) throws IOException {
    return files.exists(file) && files.getFileStatus(file).getLen() == length;
  }
}
