package io.vigil.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;

/** {@code vigil version}: this build and what it runs on. */
@Command(
    name = "version",
    mixinStandardHelpOptions = true,
    description = "Prints the version of Vigil and of the Java that runs it.")
final class VersionCommand implements Callable<Integer> {

  private static final String POM = "/META-INF/maven/io.vigil/vigil-cli/pom.properties";

  @Mixin private Console console = new Console();

  @Override
  public Integer call() throws IOException {
    Map<String, Object> versions = new LinkedHashMap<>();
    versions.put("vigil", version());
    versions.put("java", Runtime.version().toString());
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    versions.forEach((name, version) -> console.out().println(name + " " + version));
    console.writeJson(versions);
    return 0;
  }

  private static String version() throws IOException {
    try (InputStream pom = VersionCommand.class.getResourceAsStream(POM)) {
      if (pom == null) {
        return "development";
      }
      Properties properties = new Properties();
      properties.load(pom);
      return properties.getProperty("version");
    }
  }

  /** For {@code vigil --version}. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      return new String[] {"vigil " + version()};
    }
  }
}
