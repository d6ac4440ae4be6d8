package io.vigil.console.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.vigil.console.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The page and its parts. Libraries come from webjars; browsers know no bare module names such as
 * {@code lit-html}, so imports are rewritten to paths of this server as a file is first read.
 * Thread-safe.
 */
final class Pages {

  private static final String OWN = "/io/vigil/console/web/";
  private static final Pattern PATH =
      Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]*(/[a-zA-Z0-9_][a-zA-Z0-9._-]*)*");

  /** What may be served of a library, by its name in paths; and its webjar's group. */
  private static final Map<String, String> LIBRARIES =
      Map.of(
          "lit", "org.webjars.npm",
          "lit-html", "org.webjars.npm",
          "lit-element", "org.webjars.npm",
          "lit__reactive-element", "org.webjars.npm",
          "echarts", "org.webjars");

  /** Where a bare module name alone leads to. */
  private static final Map<String, String> ENTRIES =
      Map.of(
          "lit", "lit/index.js",
          "lit-html", "lit-html/lit-html.js",
          "lit-element", "lit-element/index.js",
          "@lit/reactive-element", "lit__reactive-element/reactive-element.js");

  private static final Pattern IMPORT =
      Pattern.compile(
          "((?:^|[;\\s}])(?:import|export)?[^\"';()]*?(?:from|import)\\s*)\"([^\"./][^\"]*)\"");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "json", "application/json; charset=utf-8",
          "yaml", "application/yaml; charset=utf-8",
          "svg", "image/svg+xml");

  private final Map<String, Part> parts = new ConcurrentHashMap<>();

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Part(byte[] bytes, String type, String tag) {}

  void register(RoutesConfig routes) {
    routes.get(
        "/assets/<path>", context -> serve(context, OWN + checked(context.pathParam("path"))));
    routes.get("/openapi.yaml", context -> serve(context, OWN + "openapi.yaml"));
    routes.get(
        "/lib/{library}/<path>",
        context ->
            serve(
                context,
                library(context.pathParam("library"), checked(context.pathParam("path")))));
    for (String page :
        new String[] {
          "/", "/case/{id}", "/lead", "/reviews", "/people", "/access", "/settings", "/sign-in"
        }) {
      routes.get(page, context -> serve(context, OWN + "index.html"));
    }
  }

  private static String checked(String path) {
    if (!PATH.matcher(path).matches()) {
      throw notFound();
    }
    return path;
  }

  private static String library(String name, String path) {
    String group = LIBRARIES.get(name);
    if (group == null) {
      throw notFound();
    }
    String properties = "/META-INF/maven/%s/%s/pom.properties".formatted(group, name);
    try (InputStream in = Pages.class.getResourceAsStream(properties)) {
      if (in == null) {
        throw new IllegalStateException("the webjar of " + name + " is not on the class path");
      }
      Properties known = new Properties();
      known.load(in);
      return "/META-INF/resources/webjars/%s/%s/%s"
          .formatted(name, known.getProperty("version"), path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serve(Context context, String resource) {
    Part part = parts.get(resource);
    if (part == null) {
      part = read(resource);
      if (part == null) {
        throw notFound();
      }
      parts.put(resource, part);
    }
    // Asked again each time, answered by 304: after an update no page mixes two versions.
    context.header("Cache-Control", "no-cache").header("ETag", part.tag());
    if (part.tag().equals(context.header("If-None-Match"))) {
      context.status(304);
    } else {
      context.contentType(part.type()).result(part.bytes());
    }
  }

  private static @Nullable Part read(String resource) {
    String type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
    if (type == null) {
      return null;
    }
    try (InputStream in = Pages.class.getResourceAsStream(resource)) {
      if (in == null) {
        return null;
      }
      byte[] bytes = in.readAllBytes();
      if (resource.startsWith("/META-INF/") && !resource.contains("/echarts/")) {
        bytes = rewrite(new String(bytes, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
      }
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return new Part(bytes, type, '"' + HexFormat.of().formatHex(digest, 0, 12) + '"');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A module with its bare imports as paths, and without a source map, which is not served. */
  static String rewrite(String module) {
    Matcher matcher = IMPORT.matcher(module.replaceAll("(?m)^//# sourceMappingURL=.*$", ""));
    return matcher.replaceAll(
        found -> Matcher.quoteReplacement(found.group(1) + '"' + resolve(found.group(2)) + '"'));
  }

  private static String resolve(String name) {
    String entry = ENTRIES.get(name);
    if (entry != null) {
      return "/lib/" + entry;
    }
    return "/lib/" + name.replace("@lit/reactive-element", "lit__reactive-element");
  }

  private static Refusal notFound() {
    return new Refusal(Refusal.Kind.NOT_FOUND, "no_such_page", "there is nothing at this address");
  }
}
