package io.vigil.job;

import io.vigil.model.rule.EntryList;
import java.io.IOException;
import java.io.Serializable;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A list as the bytes that were checked, from a file on its way to the operators or from the
 * registry. However many subtasks of a process take it in, it is there once. Thread-safe.
 */
public final class ListFile implements Serializable {
  private static final long serialVersionUID = 1L;

  /** By digest, the lists that somebody in this process holds. */
  private static final Map<String, WeakReference<ListFile>> HELD = new HashMap<>();

  private final byte[] bytes;
  private final String origin;
  private final String digest;
  private transient EntryList list;

  private ListFile(byte[] bytes, String origin) {
    this.bytes = bytes;
    this.origin = origin;
    this.list = EntryList.read(bytes, origin);
    this.digest = list.digest();
  }

  /**
   * Reads and checks a list.
   *
   * @throws IOException when the file can't be read
   * @throws io.vigil.model.artefact.ArtefactException when it is no list
   */
  static ListFile read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("lists: expected a file, got " + file);
    }
    return of(Files.readAllBytes(file), file.toString());
  }

  /**
   * Checks a list that was read.
   *
   * @param bytes the whole file, kept: it must not be changed afterwards
   * @param origin where it came from, for messages
   * @throws io.vigil.model.artefact.ArtefactException when it is no list
   */
  public static ListFile of(byte[] bytes, String origin) {
    return held(new ListFile(bytes, origin));
  }

  /** The list of that digest if somebody in this process holds it, else null. */
  public static @Nullable ListFile held(String digest) {
    synchronized (HELD) {
      WeakReference<ListFile> reference = HELD.get(digest);
      return reference == null ? null : reference.get();
    }
  }

  /** The whole file; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** The list, which keeps the bytes. */
  public EntryList list() {
    return list;
  }

  private static ListFile held(ListFile file) {
    synchronized (HELD) {
      ListFile earlier = held(file.digest);
      if (earlier != null) {
        return earlier;
      }
      HELD.values().removeIf(each -> each.refersTo(null));
      HELD.put(file.digest, new WeakReference<>(file));
      return file;
    }
  }

  /** The one of this process in the place of the one that came. */
  private Object readResolve() {
    synchronized (HELD) {
      ListFile earlier = held(digest);
      return earlier == null ? of(bytes, origin) : earlier;
    }
  }
}
