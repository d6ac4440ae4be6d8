package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.description.TextElement;
import org.apache.flink.util.TimeUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptionsReferenceTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "options.md");

  /** Write it anew with {@code -Dvigil.docs.write=true}. */
  @Test
  void thePageSaysWhatTheCodeSays() throws IOException {
    StringBuilder page =
        new StringBuilder(
            "# Options of the job\n\n"
                + "Made from `io.vigil.job.VigilOptions`; a test fails when it is stale. Flink's own options may stand in the same file.\n\n"
                + "| key | default | what it does |\n|---|---|---|\n");
    for (ConfigOption<?> option : OptionsFile.all().values()) {
      Object value = option.defaultValue();
      String shown =
          value instanceof Duration d ? TimeUtils.formatWithHighestUnit(d) : String.valueOf(value);
      page.append("| `")
          .append(option.key())
          .append("` | ")
          .append(value == null || shown.matches("\\[]|\\{}") ? "none" : "`" + shown + "`")
          .append(" | ")
          .append(text(option))
          .append(" |\n");
    }
    if (Boolean.getBoolean("vigil.docs.write")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE)).isEqualTo(page.toString());
  }

  private static String text(ConfigOption<?> option) {
    StringBuilder text = new StringBuilder();
    option
        .description()
        .getBlocks()
        .forEach(block -> text.append(((TextElement) block).getFormat()));
    return text.toString();
  }

  @Test
  void anUnknownKeyIsRefusedByName(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("conf.yaml");
    Files.writeString(file, "vigil.order.bounds: 1 s\n");
    assertThatThrownBy(() -> OptionsFile.read(file))
        .hasMessageContaining("no option is called vigil.order.bounds")
        .hasMessageContaining("vigil.order.bound,");
  }

  @Test
  void readsVigilsAndFlinksKeys(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("conf.yaml");
    Files.writeString(file, "vigil.order.bound: 2 s\nparallelism.default: 3\n");
    Configuration options = OptionsFile.read(file);
    assertThat(options.get(VigilOptions.ORDER_BOUND)).isEqualTo(Duration.ofSeconds(2));
    assertThat(options.get(org.apache.flink.configuration.CoreOptions.DEFAULT_PARALLELISM))
        .isEqualTo(3);
  }
}
