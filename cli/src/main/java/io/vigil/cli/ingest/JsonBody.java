package io.vigil.cli.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * JSON in UTF-8. Numbers stay the decimals that were written. A name that comes twice in one object
 * is refused: another reader might take the other value. Thread-safe.
 */
final class JsonBody implements RecordBody {
  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(Object.class);

  @Override
  public Object read(byte[] bytes) throws BadCellException {
    try {
      @Nullable Object root = READER.readValue(bytes);
      if (root != null) {
        return root;
      }
      throw new BadCellException("bad_json", "record: expected a JSON object, got null");
    } catch (JsonProcessingException e) {
      // Not its message, which quotes the record.
      long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw new BadCellException(
          "bad_json", "record: expected one JSON object, got something else at byte " + at);
    } catch (IOException e) {
      throw new IllegalStateException("bytes at hand cannot fail to be read", e);
    }
  }

  @Override
  public byte[] unreadable(byte[] bytes, boolean secrets) {
    if (!secrets) {
      return bytes;
    }
    byte[] shown = bytes.clone();
    for (int i = 0; i < shown.length; i++) {
      if (shown[i] >= '0' && shown[i] <= '9') {
        shown[i] = '*';
      }
    }
    return shown;
  }
}
