package io.vigil.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.vigil.console.Alerts.alert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.AxeResults;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.AriaRole;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/**
 * Tests of the page in a real browser. Without one they are skipped; where that must not be, with
 * {@code CI=true} in the environment or {@code -Dvigil.browser=required}, they fail.
 */
@Tag("browser")
abstract class InBrowser {

  static final String HOSTILE =
      "<script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\">\u202Eevil\u202C";

  private static Playwright playwright;
  static Browser browser;

  private final List<String> problems = new ArrayList<>();
  TestConsole console;

  @BeforeAll
  static void launch() {
    String path =
        Stream.of(
                System.getenv().getOrDefault("VIGIL_CHROMIUM", ""),
                "/usr/bin/chromium",
                "/usr/bin/chromium-browser",
                "/usr/bin/google-chrome")
            .filter(each -> !each.isEmpty() && Files.isExecutable(Path.of(each)))
            .findFirst()
            .orElse(null);
    String missing = "no Chromium found: install one, or name it in VIGIL_CHROMIUM";
    boolean required =
        "true".equals(System.getenv("CI"))
            || "required".equals(System.getProperty("vigil.browser"));
    if (path == null && required) {
      fail(missing);
    }
    assumeTrue(path != null, missing);
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(Path.of(path))
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
  }

  @AfterAll
  static void quit() {
    if (playwright != null) {
      playwright.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    console = newConsole();
  }

  TestConsole newConsole() throws Exception {
    return new TestConsole(null);
  }

  @AfterEach
  void stop() {
    browser.contexts().forEach(BrowserContext::close);
    console.close();
    assertThat(problems).as("errors in the browser's console").isEmpty();
  }

  Page open(String name) throws Exception {
    console.client(name);
    Page page = page();
    page.getByTestId("name").fill(name);
    page.getByTestId("password").fill(TestConsole.PASSWORD);
    page.getByTestId("submit").click();
    page.getByRole(AriaRole.NAVIGATION).waitFor();
    return page;
  }

  Page page() {
    BrowserContext context =
        browser.newContext(new Browser.NewContextOptions().setViewportSize(1440, 900));
    Page page = context.newPage();
    page.onPageError(problems::add);
    page.onConsoleMessage(
        message -> {
          // A refusal shows there as well; what the page does about it is tested.
          if (message.type().equals("error")
              && !message.text().startsWith("Failed to load resource")) {
            problems.add(message.text());
          }
        });
    page.navigate(console.address());
    return page;
  }

  void cases(int count) {
    for (int i = 1; i <= count; i++) {
      console
          .feed()
          .alert(
              alert("q" + i)
                  .amount(10_000L * (count - i + 1))
                  .at(Instant.now().minusSeconds(60))
                  .reason("VELOCITY", "9 payments of this account in 10 min")
                  .against("NEW_DEVICE", "a device that the account has used for 90 days")
                  .build());
    }
  }

  List<String> outbox() {
    return console
        .database()
        .read(
            handle ->
                handle
                    .createQuery("select value from label order by label_time")
                    .mapTo(String.class)
                    .list());
  }

  static void noViolations(Page page, String what) {
    AxeResults results =
        new AxeBuilder(page)
            .withTags(
                List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"))
            .analyze();
    assertThat(results.getPasses()).as("axe looked at " + what).isNotEmpty();
    assertThat(results.getViolations())
        .as(what)
        .extracting(each -> each.getId() + ": " + each.getNodes().get(0).getHtml())
        .isEmpty();
  }
}
