package io.vigil.model.registry;

import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.approval.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Artefacts as files {@code <folder>/<kind>/<digest>}. Nothing is ever changed in place: a file
 * appears under its digest when all of it is on the disk, and is verified whenever it is read.
 * Several processes may write at once. Immutable and thread-safe.
 */
public final class DirectoryStore implements ArtefactStore {
  /** No artefact may have more bytes. */
  public static final long BYTES_MAX = 256 << 20;

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final String DRAFT = ".draft-";

  private final Path folder;

  /**
   * @param folder need not be there yet
   */
  public DirectoryStore(Path folder) {
    this.folder = folder;
  }

  @Override
  public byte[] read(Kind kind, String digest, long bytesMax) throws IOException {
    Path parent = folder.resolve(kind.id());
    Path file = parent.resolve(legal(digest));
    // A link of the folder's owner is his; one below it could lead anywhere.
    if (Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) {
      requireFolder(parent);
    }
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new NoSuchFileException(file.toString(), null, "no such artefact in the registry");
    }
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file + ": expected a plain file, got a link or a folder");
    }
    int most = (int) Math.min(Math.max(bytesMax, 0), BYTES_MAX);
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      bytes = in.readNBytes(most + 1);
    }
    if (bytes.length > most) {
      throw new IOException("%s: expected at most %d bytes, got more".formatted(file, most));
    }
    Digests.verify(kind, digest, file.toString(), bytes);
    return bytes;
  }

  /**
   * Stores an artefact, unless it is there already.
   *
   * @param origin where the bytes came from, for messages
   * @param bytes a bundle as any zip of it: it is kept as the one zip that such a bundle has
   * @return its digest
   * @throws IllegalArgumentException when it is no artefact of that kind, or too large
   * @throws IOException when it can't be written, or something else stands under its digest
   */
  public String put(Kind kind, String origin, byte[] bytes) throws IOException {
    if (bytes.length > BYTES_MAX) {
      throw new IllegalArgumentException(
          "%s: expected at most %d bytes, got %d".formatted(origin, BYTES_MAX, bytes.length));
    }
    String digest = Digests.of(kind, origin, bytes);
    Path parent = folder.resolve(kind.id());
    Path file = parent.resolve(legal(digest));
    Files.createDirectories(folder);
    if (!Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(parent);
      force(folder);
    }
    requireFolder(parent);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      read(kind, digest, BYTES_MAX);
      return digest;
    }
    byte[] kept = kind == Kind.MODEL ? Digests.bundle(origin, bytes).toZip() : bytes;
    // Not a temporary file of the JDK's, which only its owner could read.
    Path draft = parent.resolve(DRAFT + UUID.randomUUID());
    try {
      try (FileChannel out =
          FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer rest = ByteBuffer.wrap(kept);
        while (rest.hasRemaining()) {
          out.write(rest);
        }
        out.force(true);
      }
      // Whoever else moved one there meanwhile moved the same bytes.
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      force(parent);
    } finally {
      Files.deleteIfExists(draft);
    }
    return digest;
  }

  /**
   * The digests of all artefacts of a kind, sorted; what else lies there, such as drafts of a
   * writer that was killed, is passed over.
   */
  public List<String> digests(Kind kind) throws IOException {
    Path parent = folder.resolve(kind.id());
    if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(parent)) {
      return files
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> DIGEST.matcher(name).matches())
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw new IOException(e);
    }
  }

  /** Nothing else ever becomes part of a path. */
  private static String legal(String digest) throws IOException {
    if (!DIGEST.matcher(digest).matches()) {
      throw new IOException("expected a digest of 64 lower-case hex digits, got another text");
    }
    return digest;
  }

  private static void requireFolder(Path path) throws IOException {
    if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(path + ": expected a folder, got a link or a file");
    }
  }

  /** Without this a new name may be gone after the machine lost its power. */
  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
