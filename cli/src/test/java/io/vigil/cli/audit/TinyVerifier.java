package io.vigil.cli.audit;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;

/** The verifier of docs/audit, compiled as an auditor would: alone. */
final class TinyVerifier {
  static final Path SOURCE = source();

  private final MethodHandle verify;
  private final Map<String, String> layouts;

  @SuppressWarnings("unchecked") // a map of strings, as its source says
  TinyVerifier(Path classes) throws ReflectiveOperationException, java.io.IOException {
    Files.createDirectories(classes);
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "--release",
                "17",
                "-Xlint:all",
                "-Werror",
                "-d",
                classes.toString(),
                SOURCE.toString());
    if (result != 0) {
      throw new IllegalStateException(SOURCE + " does not compile alone");
    }
    // Nothing but the JDK's own classes behind it.
    ClassLoader loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
    Class<?> type = loader.loadClass("VerifyPackage");
    verify =
        MethodHandles.publicLookup()
            .findStatic(
                type,
                "verify",
                MethodType.methodType(List.class, Path.class, String.class, List.class));
    var field = type.getDeclaredField("DECISIONS");
    field.setAccessible(true);
    layouts = (Map<String, String>) field.get(null);
  }

  private static Path source() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("docs/audit/VerifyPackage.java"))) {
      at = at.getParent();
    }
    return at.resolve("docs/audit/VerifyPackage.java");
  }

  /** The layouts that it knows, by fingerprint. */
  Map<String, String> layouts() {
    return layouts;
  }

  @SuppressWarnings("unchecked") // a list of strings, as its source says
  List<String> verify(Path packed, String key, List<String> anchors) {
    try {
      return (List<String>) verify.invoke(packed, key, anchors);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
