package io.vigil.job.archive;

import io.vigil.model.event.Entity;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * By what decisions can be looked up, and the 40 bits that stand for a key in an index: the first
 * of SHA-256 over one character (the entity's code, or {@code #} for the transaction's id) and the
 * key in UTF-8. Not thread-safe.
 */
final class LookupKeys {
  /** Stands for the transaction's id where an entity's code would. */
  static final char TRANSACTION = '#';

  private static final Entity[] ENTITIES = Entity.values();

  /** What a lookup reads of a decision of any version. */
  static final Schema PROJECTION = projection();

  private final MessageDigest sha256;

  LookupKeys() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static Schema projection() {
    SchemaBuilder.FieldAssembler<Schema> transaction =
        SchemaBuilder.record("Transaction").namespace("io.vigil.schema").fields();
    transaction.requiredString("transaction_id");
    for (Entity entity : ENTITIES) {
      if (entity == Entity.ACCOUNT) {
        transaction.requiredString(entity.field().id());
      } else {
        transaction.optionalString(entity.field().id());
      }
    }
    return SchemaBuilder.record("Decision")
        .namespace("io.vigil.schema")
        .fields()
        .name("transaction")
        .type(transaction.endRecord())
        .noDefault()
        .endRecord();
  }

  /** The bits of a key. */
  long bits(char code, String key) {
    sha256.update((byte) code);
    byte[] hash = sha256.digest(key.getBytes(StandardCharsets.UTF_8));
    long bits = 0;
    for (int i = 0; i < IndexFile.HASH_BITS / Byte.SIZE; i++) {
      bits = bits << Byte.SIZE | (hash[i] & 0xFF);
    }
    return bits;
  }

  /** The bits of all keys of a decision, read by {@link #PROJECTION}. */
  List<Long> bits(IndexedRecord decision) {
    IndexedRecord transaction = (IndexedRecord) decision.get(0);
    List<Long> bits = new ArrayList<>(1 + ENTITIES.length);
    bits.add(bits(TRANSACTION, transaction.get(0).toString()));
    for (int i = 0; i < ENTITIES.length; i++) {
      Object key = transaction.get(i + 1);
      if (key != null) {
        bits.add(bits(ENTITIES[i].code(), key.toString()));
      }
    }
    return bits;
  }

  /**
   * A decision's key, read by {@link #PROJECTION}.
   *
   * @param entity null for the transaction's id
   */
  static @Nullable String key(IndexedRecord decision, @Nullable Entity entity) {
    IndexedRecord transaction = (IndexedRecord) decision.get(0);
    Object key = transaction.get(entity == null ? 0 : 1 + indexOf(entity));
    return key == null ? null : key.toString();
  }

  private static int indexOf(Entity entity) {
    for (int i = 0; i < ENTITIES.length; i++) {
      if (ENTITIES[i] == entity) {
        return i;
      }
    }
    throw new IllegalArgumentException("no entity: " + entity);
  }
}
