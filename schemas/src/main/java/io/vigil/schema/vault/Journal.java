package io.vigil.schema.vault;

import io.vigil.schema.vault.JournalEntry.Stored;
import io.vigil.schema.vault.JournalEntry.What;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was done to whom, kept for good, and what follows from it. Not thread-safe. */
final class Journal {
  private static final int ENTRY = 2;

  private final VaultFile file;
  private final List<JournalEntry> entries = new ArrayList<>();
  private final Map<String, String> holds = new LinkedHashMap<>();
  private final Map<String, JournalEntry> erased = new HashMap<>();
  private final Map<String, Stored> unfinished = new LinkedHashMap<>();

  Journal(VaultFile file) {
    this.file = file;
  }

  /** Reads what others added; returns whether they erased anybody. */
  boolean refresh() throws IOException {
    int before = erased.size() + unfinished.size();
    file.refresh((type, payload, place) -> apply(Stored.read(payload)));
    return erased.size() + unfinished.size() > before;
  }

  /** Adds an entry and returns when it is on the disk. */
  void add(JournalEntry entry, List<VaultFile.Place> places) throws IOException {
    Stored stored = new Stored(entry, places);
    file.append(ENTRY, stored.bytes());
    file.commit();
    apply(stored);
  }

  private void apply(Stored stored) {
    JournalEntry entry = stored.entry();
    String pseudonym = entry.pseudonym();
    switch (entry.what()) {
      case HELD -> holds.put(pseudonym, entry.reason());
      case RELEASED -> holds.remove(pseudonym);
      case ERASING -> unfinished.put(pseudonym, stored);
      case ERASED -> {
        unfinished.remove(pseudonym);
        holds.remove(pseudonym);
        erased.put(pseudonym, entry);
      }
      case REVEALED, REWRAPPED -> {
        // Nothing follows from it.
      }
    }
    if (entry.what() != What.ERASING) {
      entries.add(entry);
    }
  }

  /** Erasures that a crash interrupted, and where. */
  List<Stored> unfinished() {
    return List.copyOf(unfinished.values());
  }

  /** Everything but beginnings, oldest first. */
  List<JournalEntry> entries() {
    return List.copyOf(entries);
  }

  /** The reason for which a subject must not be erased, or null. */
  @Nullable String hold(String pseudonym) {
    return holds.get(pseudonym);
  }

  int holds() {
    return holds.size();
  }

  @Nullable JournalEntry erased(String pseudonym) {
    return erased.get(pseudonym);
  }

  int erasures() {
    return erased.size();
  }
}
