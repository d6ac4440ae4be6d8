package io.vigil.console.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vigil.console.Refusal;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/** Decisions as they stood in the topic. Thread-safe. */
public final class Records {

  /** What stands for people in a transaction. */
  private static final List<String> PERSONAL =
      List.of("account", "card", "card_reference", "counterparty", "customer", "ip");

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Database database;
  private final ThreadLocal<Codec<Decision>> codec =
      ThreadLocal.withInitial(() -> Codec.of(Decision.class));

  public Records(Database database) {
    this.database = database;
  }

  /**
   * The bytes of the decision about a transaction of a case.
   *
   * @throws Refusal {@code no_record} when the case has no such transaction, or its decision has
   *     not been read yet
   */
  public byte[] bytes(long caseId, String transactionId) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    select record from decision d where transaction_id = :transaction and exists (
                      select 1 from fraud_case c where c.case_id = :case
                        and d.account = any(c.accounts))
                    """)
                .bind("transaction", Columns.clean(transactionId))
                .bind("case", caseId)
                .mapTo(byte[].class)
                .findFirst()
                .orElseThrow(
                    () ->
                        new Refusal(
                            Refusal.Kind.NOT_FOUND,
                            "no_record",
                            "case C-" + caseId + " has no decision about that transaction")));
  }

  /** Every field of the contract; digests as hex, the feature vector as numbers. */
  public ObjectNode read(byte[] record, boolean revealed) {
    Decision decision;
    try {
      decision = codec.get().decode(record);
    } catch (DecodeException e) {
      throw new IllegalStateException("a decision of the database cannot be read", e);
    }
    Map<String, String> nextTokens = decision.getTransaction().getNextTokens();
    if (!revealed && nextTokens != null) {
      nextTokens.replaceAll((entity, token) -> Mask.id(token));
    }
    ObjectNode json = (ObjectNode) json(decision);
    json.set("features", vector(decision.getFeatures()));
    if (!revealed) {
      ObjectNode transaction = (ObjectNode) json.path("transaction");
      for (String name : PERSONAL) {
        if (transaction.path(name).isTextual()) {
          transaction.put(name, Mask.id(transaction.path(name).asText()));
        }
      }
    }
    return json;
  }

  private static ArrayNode vector(ByteBuffer features) {
    ByteBuffer in = features.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    ArrayNode values = NODES.arrayNode();
    while (in.remaining() >= Float.BYTES) {
      float value = in.getFloat();
      if (Float.isFinite(value)) {
        values.add(value);
      } else {
        values.addNull();
      }
    }
    return values;
  }

  private static JsonNode json(@Nullable Object value) {
    if (value == null) {
      return NODES.nullNode();
    } else if (value instanceof IndexedRecord record) {
      ObjectNode object = NODES.objectNode();
      for (Schema.Field field : record.getSchema().getFields()) {
        object.set(field.name(), json(record.get(field.pos())));
      }
      return object;
    } else if (value instanceof GenericFixed fixed) {
      return NODES.textNode(HexFormat.of().formatHex(fixed.bytes()));
    } else if (value instanceof ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      return NODES.textNode(HexFormat.of().formatHex(copy));
    } else if (value instanceof Collection<?> many) {
      ArrayNode array = NODES.arrayNode();
      many.forEach(each -> array.add(json(each)));
      return array;
    } else if (value instanceof Map<?, ?> map) {
      ObjectNode object = NODES.objectNode();
      map.forEach((key, each) -> object.set(key.toString(), json(each)));
      return object;
    } else if (value instanceof Double number) {
      return Double.isFinite(number) ? NODES.numberNode(number) : NODES.nullNode();
    } else if (value instanceof Integer number) {
      return NODES.numberNode(number);
    } else if (value instanceof Long number) {
      return NODES.numberNode(number);
    } else if (value instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    }
    return NODES.textNode(value.toString());
  }
}
