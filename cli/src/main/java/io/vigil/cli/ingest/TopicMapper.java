package io.vigil.cli.ingest;

import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.vault.TransactionSeal;
import io.vigil.schema.vault.Vault;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a topic's records what a file of the same content would give, by a mapping. The same
 * record always gives the same bytes. Thread-confined.
 */
public final class TopicMapper {
  private final RowMapper<ConsumerRecord<byte[], byte[]>> mapper;
  private final Codec<Transaction> content = Codec.of(Transaction.class);
  private final @Nullable Vault vault;
  private final boolean ownIds;

  /**
   * @param mapping of JSON or Avro, without labels
   * @param schemas where Avro's schemas are; null when the mapping is of JSON
   * @param tokeniser asked only when the mapping needs one
   * @param vault takes people out of transactions, and is the caller's to close; null for none
   * @throws IngestException when the mapping cannot be used for a topic
   */
  public TopicMapper(
      Mapping mapping,
      @Nullable SchemaSource schemas,
      Supplier<Tokeniser> tokeniser,
      @Nullable Vault vault) {
    if (mapping.from() == Mapping.From.CSV) {
      throw new IngestException(
          mapping.origin() + ": from: expected json or avro for a topic, got csv");
    }
    if (mapping.label() != null) {
      throw new IngestException(
          mapping.origin()
              + ": label: expected none for a topic: whether a payment is fraud becomes known later");
    }
    if (vault == null && !mapping.identifying().isEmpty()) {
      throw new IngestException(
          "%s: attributes that identify people need a vault (--vault DIR), got none: %s"
              .formatted(mapping.origin(), String.join(", ", mapping.identifying())));
    }
    if (mapping.from() == Mapping.From.AVRO && schemas == null) {
      throw new IngestException(
          mapping.origin() + ": registry: expected the address of a schema registry, got none");
    }
    RecordBody body = schemas == null ? new JsonBody() : new AvroBody(schemas);
    this.vault = vault;
    this.mapper =
        new RowMapper<>(
            mapping,
            new TopicFields(body, mapping, vault != null),
            tokeniser,
            vault == null ? null : new TransactionSeal(vault));
    this.ownIds = !mapping.fields().containsKey(Target.TRANSACTION_ID);
  }

  /**
   * A transaction or a dead letter. With a vault it may leave the process after {@link #release}.
   *
   * @throws RegistryException when the schema cannot be had now: try this record again
   */
  public Ingested map(ConsumerRecord<byte[], byte[]> record) {
    Row row = mapper.map(record);
    if (row instanceof Row.Bad bad) {
      return new Ingested.BadRow(bad.deadLetter());
    }
    Transaction transaction = ((Row.Good) row).transaction();
    if (ownIds) {
      transaction.setTransactionId(ContentId.of(content.encode(transaction)));
    }
    return new Ingested.TransactionRow(transaction, record.offset(), false);
  }

  /** Keeps the pseudonyms of what was mapped. */
  public void release() {
    if (vault != null) {
      vault.commit();
    }
  }
}
