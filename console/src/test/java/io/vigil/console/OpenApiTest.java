package io.vigil.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The description of the API has the routes that there are, and no others. */
class OpenApiTest {

  private static final Pattern DESCRIBED =
      Pattern.compile("(?m)^  (/\\S+):$|^    (get|post|put|delete):$");
  private static final Pattern ROUTE =
      Pattern.compile("routes\\.(get|post|put|delete)\\(\\s*\"(/(?:api|health)[^\"]*)\"");

  @Test
  void describesTheRoutesThatThereAre() throws IOException {
    Set<String> described = new TreeSet<>();
    String path = "";
    try (InputStream in =
        OpenApiTest.class.getResourceAsStream("/io/vigil/console/web/openapi.yaml")) {
      Matcher matcher = DESCRIBED.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      while (matcher.find()) {
        if (matcher.group(1) != null) {
          path = matcher.group(1);
        } else {
          described.add(matcher.group(2) + " " + path);
        }
      }
    }
    Set<String> routes = new TreeSet<>();
    try (Stream<Path> sources = Files.list(Path.of("src/main/java/io/vigil/console/web"))) {
      for (Path source : sources.toList()) {
        Matcher matcher = ROUTE.matcher(Files.readString(source));
        while (matcher.find()) {
          routes.add(matcher.group(1) + " " + matcher.group(2));
        }
      }
    }
    assertThat(described).isEqualTo(routes);
  }
}
