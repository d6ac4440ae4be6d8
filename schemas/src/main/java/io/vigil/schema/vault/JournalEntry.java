package io.vigil.schema.vault;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What was done to a person's entry in the vault. It names nobody but who did it.
 *
 * @param at wall time, in milliseconds
 * @param by who did it
 * @param pseudonym whose entry; the account's pseudonym
 * @param reason why, or what was revealed; at most 1,000 characters
 * @param destroyed tokens (cards, devices, addresses) whose mapping went with it
 * @param kept tokens that others have too, and which stay theirs
 */
public record JournalEntry(
    Instant at, String by, What what, String pseudonym, String reason, int destroyed, int kept) {

  /** What can be done. Codes are stored and never change. */
  public enum What {
    /** A legal hold: it must not be erased. */
    HELD(1),
    RELEASED(2),
    /** The erasure began, and where; from here on it will be finished, whatever happens. */
    ERASING(3),
    /** It is finished: key and mappings are overwritten on the disk. */
    ERASED(4),
    /** Somebody read what identifies the person. */
    REVEALED(5),
    /** The vault was put under another key; of nobody's. */
    REWRAPPED(6);

    private final int code;

    What(int code) {
      this.code = code;
    }

    private static What byCode(int code) {
      for (What what : values()) {
        if (what.code == code) {
          return what;
        }
      }
      throw new VaultException("vault's journal: expected an entry from 1 to 6, got " + code);
    }
  }

  /** With what only the vault itself needs to finish it. */
  record Stored(JournalEntry entry, List<VaultFile.Place> places) {
    byte[] bytes() {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (DataOutputStream out = new DataOutputStream(bytes)) {
        out.writeByte(entry.what.code);
        out.writeLong(entry.at.toEpochMilli());
        out.writeUTF(entry.by);
        out.writeUTF(entry.pseudonym);
        out.writeUTF(entry.reason);
        out.writeInt(entry.destroyed);
        out.writeInt(entry.kept);
        out.writeInt(places.size());
        for (VaultFile.Place place : places) {
          out.writeLong(place.offset());
          out.writeInt(place.length());
        }
      } catch (IOException e) {
        throw new UncheckedIOException("A write to memory failed", e);
      }
      return bytes.toByteArray();
    }

    static Stored read(byte[] payload) {
      try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload))) {
        What what = What.byCode(in.readByte());
        JournalEntry entry =
            new JournalEntry(
                Instant.ofEpochMilli(in.readLong()),
                in.readUTF(),
                what,
                in.readUTF(),
                in.readUTF(),
                in.readInt(),
                in.readInt());
        List<VaultFile.Place> places = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
          places.add(new VaultFile.Place(in.readLong(), in.readInt()));
        }
        return new Stored(entry, places);
      } catch (IOException e) {
        throw new VaultException("vault's journal: an entry cannot be read", e);
      }
    }
  }
}
