package io.vigil.console.cases;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.vigil.console.store.Sealing;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Events as they are stored: a kind and a JSON object. Thread-safe. */
public final class CaseEvents {

  /** As everything that the console stores or sends is written: snake case, times in ISO 8601. */
  public static final JsonMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** The fields that people write at will; an event has one of them at most. */
  private static final List<String> WRITTEN = List.of("note", "text");

  private static final Map<String, Class<? extends CaseEvent>> BY_KIND = new HashMap<>();
  private static final Map<Class<?>, String> KINDS = new HashMap<>();

  static {
    for (Class<?> type : CaseEvent.class.getPermittedSubclasses()) {
      String kind =
          type.getSimpleName().replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
      BY_KIND.put(kind, type.asSubclass(CaseEvent.class));
      KINDS.put(type, kind);
    }
  }

  private CaseEvents() {}

  static String kind(Class<?> type) {
    String kind = KINDS.get(type);
    if (kind == null) {
      throw new IllegalArgumentException(type + " is no event of a case");
    }
    return kind;
  }

  /**
   * The event as it is stored, what a person wrote sealed for the account.
   *
   * @throws io.vigil.console.Refusal {@code erased} when the account was, and there is a text
   */
  static String detail(CaseEvent event, Sealing sealing, String account) {
    try {
      ObjectNode node = JSON.valueToTree(event);
      for (String name : WRITTEN) {
        if (node.path(name).isTextual()) {
          node.put(name, sealing.seal(account, node.path(name).asText()));
          return JSON.writeValueAsString(node);
        }
      }
      return JSON.writeValueAsString(event);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a case event cannot be written", e);
    }
  }

  /**
   * Opens what a person wrote, in place. What can't be read is left out, and {@code missing} says
   * why: {@code erased} or {@code unreadable}.
   */
  public static void open(ObjectNode detail, Sealing sealing) {
    for (String name : WRITTEN) {
      String kept = detail.path(name).asText();
      if (Sealing.isSealed(kept)) {
        Sealing.Opened opened = sealing.open(kept);
        detail.put(name, opened.text());
        if (opened.missing() != null) {
          detail.put("missing", opened.missing());
        }
      }
    }
  }

  /** The event that was stored. */
  static CaseEvent read(String kind, String detail) {
    Class<? extends CaseEvent> type = BY_KIND.get(kind);
    if (type == null) {
      throw new IllegalStateException("case event kind " + kind + " is unknown to this version");
    }
    try {
      return JSON.readValue(detail, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("case event " + kind + " cannot be read", e);
    }
  }
}
