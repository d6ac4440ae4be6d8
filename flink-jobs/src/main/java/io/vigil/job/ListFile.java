package io.vigil.job;

import io.vigil.model.rule.EntryList;
import java.io.IOException;
import java.io.Serializable;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A list on its way to the operators, as the bytes that were checked. However many subtasks of a
 * process take it in, it is there once. Thread-safe.
 */
final class ListFile implements Serializable {
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
    return held(new ListFile(Files.readAllBytes(file), file.toString()));
  }

  /** The list, which keeps the bytes. */
  EntryList list() {
    return list;
  }

  private static ListFile held(ListFile file) {
    synchronized (HELD) {
      WeakReference<ListFile> reference = HELD.get(file.digest);
      ListFile earlier = reference == null ? null : reference.get();
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
      WeakReference<ListFile> reference = HELD.get(digest);
      ListFile earlier = reference == null ? null : reference.get();
      return earlier == null ? held(new ListFile(bytes, origin)) : earlier;
    }
  }
}
