package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of a file that are longer than any payment. */
@Tag("slow")
class LongRowsIT {
  private static final int ATTRIBUTES = 20;
  private static final int CELL_CHARS = 900_000;

  private final Path directory;
  private final StringWriter err = new StringWriter();

  LongRowsIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aLongRowIsADeadLetterAndOneThatNoTopicTakesEndsARunForGood() throws IOException {
    System.clearProperty("vigil.job.class");

    assertThat(run(file(2))).as(err.toString()).isZero();
    JsonNode result = new ObjectMapper().readTree(directory.resolve("result.json").toFile());
    assertThat(result.path("decisions").asInt()).isEqualTo(2);
    assertThat(result.path("dead_letters").asInt()).isEqualTo(1);
    assertThat(result.path("unaccounted").asInt()).isZero();

    Path longer = file(ATTRIBUTES);
    assertThat(run(longer)).isEqualTo(1);
    assertThat(err.toString()).contains("this run cannot be resumed");
    // What came after the row may stand where a resumed run would look for what came before it.
    assertThat(run(longer, "--resume")).isEqualTo(1);
    assertThat(err.toString()).contains("there is no run to resume");
  }

  /** Two payments, and between them one that has so many long cells. */
  private Path file(int cells) throws IOException {
    StringBuilder rows = new StringBuilder("id,at,account,amount,currency");
    for (int i = 0; i < ATTRIBUTES; i++) {
      rows.append(",a").append(i);
    }
    for (int row = 0; row < 3; row++) {
      rows.append("\nlong-%d,2026-01-01T00:00:0%dZ,account-%d,1.00,EUR".formatted(row, row, row));
      for (int i = 0; i < ATTRIBUTES; i++) {
        rows.append(",").append(row == 1 && i < cells ? "x".repeat(CELL_CHARS) : "");
      }
    }
    return Files.writeString(directory.resolve(cells + ".csv"), rows.append("\n"));
  }

  private int run(Path input, String... more) throws IOException {
    StringBuilder mapping = new StringBuilder("name: long\ncolumns:\n");
    mapping.append("  transaction_id: id\n  event_time: at\n  account: account\n");
    mapping.append("  amount: amount\n  currency: currency\nattributes:\n");
    for (int i = 0; i < ATTRIBUTES; i++) {
      mapping.append("  a%d: a%d%n".formatted(i, i));
    }
    Path format = Files.writeString(directory.resolve("long.yaml"), mapping);
    String[] fixed = {
      "run",
      "--input=" + input,
      "--format=" + format,
      "--data=" + directory.resolve("data"),
      "--json=" + directory.resolve("result.json")
    };
    String[] all = Arrays.copyOf(fixed, fixed.length + more.length);
    System.arraycopy(more, 0, all, fixed.length, more.length);
    return Vigil.commandLine()
        .setOut(new PrintWriter(new StringWriter(), true))
        .setErr(new PrintWriter(err, true))
        .execute(all);
  }
}
