package io.vigil.job.control;

import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.approval.Kind;
import io.vigil.model.registry.Digests;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * Artefacts as {@link io.vigil.model.registry.DirectoryStore} keeps them, on any Flink file system:
 * {@code KIND/DIGEST} below the root. Thread-safe.
 */
public final class Registry implements ArtefactStore {
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  private final Path root;

  /**
   * @param root of the registry, a URI
   */
  public Registry(String root) {
    this.root = new Path(root);
  }

  /** Where an artefact stands below the root. */
  public static String location(Kind kind, String digest) {
    return kind.id() + "/" + digest;
  }

  @Override
  public byte[] read(Kind kind, String digest, long bytesMax) throws IOException {
    if (!DIGEST.matcher(digest).matches()) {
      // It becomes a part of a path.
      throw new IOException("digest: expected 64 lower-case hex digits, got " + digest);
    }
    Path file = new Path(root, location(kind, digest));
    byte[] bytes;
    try (FSDataInputStream in = FileSystem.get(file.toUri()).open(file)) {
      // One more than allowed, to see whether there is more; the rest is never read.
      bytes = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 8L, bytesMax + 1));
    } catch (FileNotFoundException e) {
      throw new FileNotFoundException(file + ": expected an artefact of the registry, got none");
    }
    if (bytes.length > bytesMax) {
      throw new ArtefactTooLargeException(
          file + ": expected at most " + bytesMax + " bytes, got more");
    }
    Digests.verify(kind, digest, file.toString(), bytes);
    return bytes;
  }
}
