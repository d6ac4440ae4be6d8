package io.vigil.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the Dockerfiles copy is what the build lays out, and they run as nobody in particular. */
class ImagesTest {
  private static final Pattern OUTPUT =
      Pattern.compile(
          "<outputDirectory>\\$\\{project\\.(?:build\\.directory|basedir}/\\.\\./k8s/target)}?"
              + "/images/([^<]+)</outputDirectory>");
  private static final Map<String, String> USERS = Map.of("job", "9999", "console", "10001");

  @ParameterizedTest
  @ValueSource(strings = {"job", "console"})
  void copiesWhatTheBuildLaysOut(String image) throws IOException {
    Set<String> laidOut = new TreeSet<>();
    for (Path pom : List.of(Path.of("pom.xml"), Path.of("..", "console", "pom.xml"))) {
      Matcher output = OUTPUT.matcher(Files.readString(pom));
      while (output.find()) {
        if (output.group(1).startsWith(image + "/")) {
          laidOut.add(output.group(1).substring(image.length() + 1) + "/");
        }
      }
    }
    Set<String> copied = new TreeSet<>();
    for (String line : lines(image)) {
      if (line.startsWith("COPY ") && !line.contains("--from=")) {
        copied.add(line.split(" ")[1]);
      }
    }
    assertThat(copied).isNotEmpty().isEqualTo(laidOut);
  }

  @ParameterizedTest
  @ValueSource(strings = {"job", "console"})
  void isPinnedAndRunsWithoutRoot(String image) throws IOException {
    List<String> lines = lines(image);
    for (String line : lines) {
      if (line.startsWith("ARG ")) {
        assertThat(line).matches("ARG [A-Z]+=[^:]+:[^:]*\\d.*").doesNotContain("latest");
      }
    }
    assertThat(lines.stream().filter(line -> line.startsWith("FROM ")).count()).isEqualTo(2);
    String user = USERS.get(image);
    List<String> users = lines.stream().filter(line -> line.startsWith("USER ")).toList();
    assertThat(users).containsExactly("USER " + user + ":" + user);
    Overlay made = Overlay.of("production");
    assertThat(
            made.pods().get(image.equals("job") ? 0 : 1).at("/securityContext/runAsUser").asText())
        .isEqualTo(user);
  }

  private static List<String> lines(String image) throws IOException {
    return Files.readAllLines(Path.of("images", image + ".Dockerfile"));
  }
}
