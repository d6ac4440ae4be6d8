package io.vigil.cli.ingest;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.vault.EventSeal;
import io.vigil.schema.vault.TransactionSeal;
import io.vigil.schema.vault.Vault;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a topic's records what a file of the same content would give, by a mapping:
 * transactions, events, or profiles. The same record always gives the same bytes. Thread-confined.
 */
public final class TopicMapper {
  private final Function<ConsumerRecord<byte[], byte[]>, Ingested> mapper;
  private final @Nullable Vault vault;

  /**
   * @param mapping of JSON or Avro, without labels
   * @param schemas where Avro's schemas are; null when the mapping is of JSON
   * @param tokeniser asked only when the mapping needs one
   * @param vault takes people out of records, and is the caller's to close; null for none
   * @throws IngestException when the mapping cannot be used for a topic
   */
  public TopicMapper(
      RecordMapping mapping,
      @Nullable SchemaSource schemas,
      Supplier<Tokeniser> tokeniser,
      @Nullable Vault vault) {
    this.vault = vault;
    // A slash, which no topic of ours can have: a dead letter's record never stood in one of them.
    String source = mapping.name() + "/";
    if (mapping instanceof Mapping transactions) {
      checkLive(transactions, vault != null);
      RowMapper<ConsumerRecord<byte[], byte[]>> rows =
          new RowMapper<>(
              transactions,
              fields(mapping, schemas, source, vault != null),
              tokeniser,
              vault == null ? null : new TransactionSeal(vault));
      boolean ownIds = !transactions.fields().containsKey(Target.TRANSACTION_ID);
      Codec<Transaction> content = Codec.of(Transaction.class);
      mapper = record -> transaction(rows.map(record), record.offset(), ownIds, content);
    } else {
      OtherMapping others = (OtherMapping) mapping;
      OtherMapper<ConsumerRecord<byte[], byte[]>> rows =
          new OtherMapper<>(
              others,
              fields(mapping, schemas, OtherReader.source(others.record(), source), vault != null),
              tokeniser,
              vault == null ? null : new EventSeal(vault));
      boolean ownIds = !others.fields().containsKey(others.record().id() + "_id");
      mapper = record -> other(rows.map(record), ownIds);
    }
  }

  /** How a topic's records are read. */
  static TopicFields fields(
      RecordMapping mapping, @Nullable SchemaSource schemas, String source, boolean knownOnly) {
    if (mapping.from() == Mapping.From.CSV) {
      throw new IngestException(
          mapping.origin() + ": from: expected json or avro for a topic, got csv");
    }
    if (mapping.from() == Mapping.From.JSON) {
      return new TopicFields(new JsonBody(), mapping, source, knownOnly);
    }
    if (schemas == null) {
      throw new IngestException(
          mapping.origin() + ": registry: expected the address of a schema registry, got none");
    }
    return new TopicFields(new AvroBody(schemas), mapping, source, knownOnly);
  }

  private static void checkLive(Mapping mapping, boolean sealed) {
    if (mapping.label() != null) {
      throw new IngestException(
          mapping.origin()
              + ": label: expected none for a topic: whether a payment is fraud becomes known later");
    }
    if (!sealed && !mapping.identifying().isEmpty()) {
      throw new IngestException(
          "%s: attributes that identify people need a vault (--vault DIR), got none: %s"
              .formatted(mapping.origin(), String.join(", ", mapping.identifying())));
    }
  }

  /**
   * A transaction, event or profile, or a dead letter. With a vault it may leave the process after
   * {@link #release}.
   *
   * @throws RegistryException when the schema cannot be had now: try this record again
   */
  public Ingested map(ConsumerRecord<byte[], byte[]> record) {
    return mapper.apply(record);
  }

  private static Ingested transaction(
      Row row, long offset, boolean ownIds, Codec<Transaction> content) {
    if (row instanceof Row.Bad bad) {
      return new Ingested.BadRow(bad.deadLetter());
    }
    Transaction transaction = ((Row.Good) row).transaction();
    if (ownIds) {
      transaction.setTransactionId(ContentId.of(transaction, content));
    }
    return new Ingested.TransactionRow(transaction, offset, false);
  }

  private static Ingested other(Object mapped, boolean ownIds) {
    if (mapped instanceof Event event) {
      if (ownIds) {
        event.setEventId(ContentId.of(event, Codec.of(Event.class)));
      }
      return new Ingested.EventRow(event);
    }
    if (mapped instanceof Profile profile) {
      if (ownIds) {
        profile.setProfileId(ContentId.of(profile, Codec.of(Profile.class)));
      }
      return new Ingested.ProfileRow(profile);
    }
    return new Ingested.BadRow((DeadLetter) mapped);
  }

  /** Keeps the pseudonyms of what was mapped. */
  public void release() {
    if (vault != null) {
      vault.commit();
    }
  }
}
