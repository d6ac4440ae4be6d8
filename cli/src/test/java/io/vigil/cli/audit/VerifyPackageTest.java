package io.vigil.cli.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.codec.SingleObject;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verifier that shares no code must know every version of a decision that there is. */
class VerifyPackageTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void skipsTheTransactionOfEveryVersionOfADecision() throws Exception {
    Map<String, String> layouts = new TreeMap<>();
    for (int version = 1; ; version++) {
      String name = "/io/vigil/schema/frozen/Decision/" + version + ".avsc";
      try (InputStream in = SingleObject.class.getResourceAsStream(name)) {
        if (in == null) {
          break;
        }
        Schema decision = new Schema.Parser().parse(in);
        assertThat(decision.getFields().get(1).name()).isEqualTo("source_topic");
        assertThat(decision.getFields().get(2).name()).isEqualTo("source_partition");
        assertThat(decision.getFields().get(3).name()).isEqualTo("source_offset");
        StringBuilder layout = new StringBuilder();
        for (Schema.Field field : decision.getField("transaction").schema().getFields()) {
          layout.append(code(field.schema()));
        }
        long fingerprint = SingleObject.fingerprint(decision);
        layouts.put(
            HexFormat.of()
                .formatHex(
                    ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(fingerprint)
                        .array()),
            layout.toString());
      }
    }

    assertThat(new TreeMap<>(new TinyVerifier(folder).layouts()))
        .as("DECISIONS in docs/audit/VerifyPackage.java")
        .isEqualTo(layouts);
  }

  private static String code(Schema schema) {
    return switch (schema.getType()) {
      case STRING, BYTES -> "s";
      case INT, LONG -> "l";
      case ENUM -> "e";
      case DOUBLE -> "d";
      case MAP -> "m";
      case UNION -> "?" + code(schema.getTypes().get(1));
      default -> throw new IllegalArgumentException("VerifyPackage.java cannot skip " + schema);
    };
  }
}
