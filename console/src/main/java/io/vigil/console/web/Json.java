package io.vigil.console.web;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.javalin.http.Context;
import io.vigil.console.Refusal;
import io.vigil.console.cases.CaseEvents;
import io.vigil.console.store.Columns;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Bodies of requests and answers. Stateless. */
final class Json {

  private static final JsonMapper MAPPER =
      CaseEvents.JSON
          .rebuild()
          .addModule(new SimpleModule().addDeserializer(String.class, new CleanText()))
          .build();

  private Json() {}

  /** Text as PostgreSQL takes it. */
  private static final class CleanText extends StdDeserializer<String> {
    private static final long serialVersionUID = 1L;

    CleanText() {
      super(String.class);
    }

    @Override
    public @Nullable String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (!parser.currentToken().isScalarValue()) {
        return (String) context.handleUnexpectedToken(String.class, parser);
      }
      return Columns.cleanOrNull(parser.getValueAsString());
    }
  }

  /**
   * The body of a request.
   *
   * @throws Refusal {@code bad_request} when it is no JSON object of that form
   */
  static <T> T body(Context context, Class<T> type) {
    String media = context.contentType();
    if (media == null || !media.startsWith("application/json")) {
      throw bad("expected a body of type application/json, got " + media);
    }
    try {
      T body = MAPPER.readValue(context.bodyAsBytes(), type);
      if (body == null) {
        throw bad("expected a JSON object, got null");
      }
      return body;
    } catch (JsonProcessingException e) {
      throw bad("the body is not what was expected: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw bad("the body cannot be read");
    }
  }

  static void answer(Context context, Object body) {
    try {
      context.contentType("application/json; charset=utf-8").result(MAPPER.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer cannot be written", e);
    }
  }

  static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a value cannot be written", e);
    }
  }

  private static Refusal bad(String message) {
    return new Refusal(Refusal.Kind.BAD_REQUEST, "bad_request", message);
  }
}
