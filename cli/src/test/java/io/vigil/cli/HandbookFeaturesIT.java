package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The published stream, if it lies beside the project: the engine against {@link
 * HandbookReference}, every feature of every row.
 */
@Tag("slow")
class HandbookFeaturesIT {
  private static final int ROWS = 300_000;

  /** From the module, which is where Maven runs tests. */
  private static final Path PUBLISHED =
      Path.of("..", "..", "shared", "data", "handbook", "transactions.csv.gz");

  @TempDir Path folder = Path.of("");

  @Test
  void theEngineAgreesWithTheDefinitionsOnThePublishedStream() throws IOException {
    Assumptions.assumeTrue(Files.isRegularFile(PUBLISHED), PUBLISHED + " is not there");
    Path input = folder.resolve("transactions.csv");
    try (BufferedReader in =
            new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(Files.newInputStream(PUBLISHED)), StandardCharsets.UTF_8));
        PrintWriter out = new PrintWriter(Files.newBufferedWriter(input))) {
      for (int i = 0; i <= ROWS; i++) {
        out.println(in.readLine());
      }
    }
    Path vectors = folder.resolve("vectors.csv");
    StringWriter err = new StringWriter();
    int code =
        Vigil.commandLine()
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(err))
            .execute(
                "features",
                "--data=" + folder.resolve("data"),
                "--input=" + input,
                "--format=handbook",
                "--spec=handbook",
                "--out=" + vectors);
    assertThat(code).as(err.toString()).isZero();

    try (BufferedReader in = Files.newBufferedReader(input);
        BufferedReader computed = Files.newBufferedReader(vectors)) {
      HandbookReference reference = new HandbookReference(in);
      assertThat(reference.size()).isEqualTo(ROWS);
      // Else the comparison would say nothing about labels.
      assertThat(reference.positive("TERMINAL_ID_RISK_7DAY_WINDOW")).isGreaterThan(1_000);
      reference.assertMatches(computed);
    }
  }
}
