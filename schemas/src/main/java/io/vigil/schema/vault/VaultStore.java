package io.vigil.schema.vault;

import io.vigil.schema.vault.JournalEntry.Stored;
import io.vigil.schema.vault.JournalEntry.What;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * A vault's files as one: locked, read up to date, changed in batches. What it could not write it
 * refuses to go on with. Not thread-safe.
 */
final class VaultStore implements Closeable {
  private static final int ENTRIES = 1;
  private static final int JOURNAL = 2;

  /** What is done under the lock. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  private final Path directory;
  private final VaultLock lock;
  private final RootKey root;
  private final VaultFile entriesFile;
  private final VaultFile journalFile;
  private final Journal journal;
  private Entries entries;
  private Runnable onErasure = () -> {};
  private boolean broken;

  private VaultStore(
      Path directory, VaultLock lock, RootKey root, VaultFile entriesFile, VaultFile journalFile) {
    this.directory = directory;
    this.lock = lock;
    this.root = root;
    this.entriesFile = entriesFile;
    this.journalFile = journalFile;
    this.entries = new Entries(entriesFile, root);
    this.journal = new Journal(journalFile);
  }

  static VaultStore open(Path directory, KeyService service) {
    List<Closeable> opened = new ArrayList<>();
    try {
      if (!Files.isDirectory(directory)) {
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      VaultLock lock = new VaultLock(directory);
      opened.add(lock);
      lock.acquire();
      RootKey root = RootKey.open(directory, service);
      VaultFile entries = VaultFile.open(directory.resolve("entries"), ENTRIES);
      opened.add(entries);
      VaultFile journal = VaultFile.open(directory.resolve("journal"), JOURNAL);
      opened.add(journal);
      VaultStore store = new VaultStore(directory, lock, root, entries, journal);
      store.refresh();
      lock.release();
      return store;
    } catch (IOException | RuntimeException e) {
      for (Closeable each : opened) {
        try {
          each.close();
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e instanceof IOException io
          ? new UncheckedIOException("vault " + directory + " cannot be opened", io)
          : (RuntimeException) e;
    }
  }

  /** Who is in the vault; another object after others erased somebody. */
  Entries entries() {
    return entries;
  }

  Journal journal() {
    return journal;
  }

  RootKey root() {
    return root;
  }

  /** What to do when somebody was erased: forget copies. */
  void onErasure(Runnable what) {
    onErasure = what;
  }

  /** Takes the lock and reads what others have changed, unless the batch has begun already. */
  void begin() {
    if (broken) {
      throw new VaultException(
          "vault %s: expected it open, got it closed or broken; open it again"
              .formatted(directory));
    }
    if (lock.isHeld()) {
      return;
    }
    boolean done = false;
    try {
      lock.acquire();
      refresh();
      done = true;
    } catch (IOException e) {
      throw failed(e);
    } finally {
      if (!done) {
        broken = true;
        release();
      }
    }
  }

  /** Writes the batch and gives the lock back. */
  void commit() {
    if (!lock.isHeld()) {
      return;
    }
    try {
      write();
    } finally {
      release();
    }
  }

  /** One call under the lock; a batch that has begun is written first. */
  <T> T once(Work<T> work) {
    begin();
    try {
      write();
      return work.run();
    } catch (IOException e) {
      broken = true;
      throw failed(e);
    } finally {
      release();
    }
  }

  /** What identifies the subject, as it stands in the file. */
  String name(Subject subject, SubjectKey key) throws IOException {
    return Entries.name(subject, entriesFile.payload(subject.place), key);
  }

  void rewrap(KeyService from, KeyService to) throws IOException {
    RootKey.rewrap(directory, from, to);
  }

  /** From the first step on it will be finished, by whoever opens the vault next if need be. */
  void erase(Subject subject, JournalEntry began, List<VaultFile.Place> places) throws IOException {
    journal.add(began, places);
    finish(new Stored(began, places));
    entries.forget(subject);
    onErasure.run();
  }

  /** Ends without the batch that was not committed. */
  @Override
  public void close() {
    broken = true;
    try (VaultLock last = lock;
        VaultFile second = journalFile;
        VaultFile first = entriesFile) {
      entriesFile.discard();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void write() {
    boolean done = false;
    try {
      entriesFile.commit();
      done = true;
    } catch (IOException e) {
      throw failed(e);
    } finally {
      broken |= !done;
    }
  }

  private void refresh() throws IOException {
    boolean erased = journal.refresh();
    for (Stored unfinished : journal.unfinished()) {
      finish(unfinished);
    }
    if (erased) {
      // Seldom: then everything is read anew, so that nothing of the erased is left in memory.
      entries = new Entries(entriesFile, root);
      entriesFile.rewind();
      onErasure.run();
    }
    entriesFile.refresh(entries::read);
  }

  /** Overwrites what an erasure named, and says that it is done. Can be repeated. */
  private void finish(Stored began) throws IOException {
    entriesFile.erase(began.places());
    JournalEntry entry = began.entry();
    journal.add(
        new JournalEntry(
            entry.at(),
            entry.by(),
            What.ERASED,
            entry.pseudonym(),
            entry.reason(),
            entry.destroyed(),
            entry.kept()),
        List.of());
  }

  private void release() {
    try {
      lock.release();
    } catch (IOException e) {
      broken = true;
    }
  }

  private UncheckedIOException failed(IOException cause) {
    return new UncheckedIOException("vault " + directory + ": " + cause.getMessage(), cause);
  }
}
