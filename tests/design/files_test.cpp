// The examples of data/README.md are read by the readers of those files.
#include "design/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "design/experiment.h"

namespace gradus {
namespace {

/// Blocks of the page by their label: "```yaml review.yaml".
std::map<std::string, std::string> examples() {
  std::map<std::string, std::string> out;
  const std::string page = read_file(Path(std::getenv("GRADUS_SOURCE")) / "data/README.md");
  const std::string open = "```yaml ";
  for (size_t at = page.find(open); at != page.npos; at = page.find(open, at)) {
    const size_t end_of_line = page.find('\n', at), close = page.find("\n```", end_of_line);
    out[page.substr(at + open.size(), end_of_line - at - open.size())] =
        page.substr(end_of_line + 1, close - end_of_line);
    at = close;
  }
  return out;
}

template <class T>
void expect_read(const std::string& name, const std::string& text) {
  T value;
  Faults faults(name);
  const YAML::Node document = parse_yaml(text, name);
  read_settings(document, value, faults, "");
  EXPECT_NO_THROW(faults.finish()) << name;
  EXPECT_EQ(first_difference(write_value(value), document, ""), "")
      << name << ": not every field is shown, or in another form";
}

TEST(Files, ExamplesOfThePageAreReal) {
  if (!std::getenv("GRADUS_SOURCE")) GTEST_SKIP() << "GRADUS_SOURCE is not set";
  const auto page = examples();
  ASSERT_EQ(page.size(), 11u);
  EXPECT_NO_THROW(resolve_settings(parse_yaml(page.at("experiment.yaml"), "experiment.yaml"), "experiment.yaml"));
  const Design design = read_design(parse_yaml(page.at("design.yaml"), "design.yaml"), "design.yaml");
  EXPECT_EQ(to_yaml(write_design(design, "2b1f0c9d8e7a6b54", "90abcdef12345678")),
            to_yaml(parse_yaml(page.at("design.yaml"), "design.yaml")));
  expect_read<Origin>("origin.yaml", page.at("origin.yaml"));
  expect_read<Review>("review.yaml", page.at("review.yaml"));
  expect_read<Implementation>("implement.yaml", page.at("implement.yaml"));
  expect_read<CheckResult>("check.yaml", page.at("check.yaml"));
  expect_read<CanaryRecord>("canaries.yaml", page.at("canaries.yaml"));
  expect_read<Probes>("probes.yaml", page.at("probes.yaml"));
  expect_read<RunResult>("pretrain.yaml", page.at("pretrain.yaml"));
  expect_read<Evaluation>("evaluate.yaml", page.at("evaluate.yaml"));
  expect_read<Selection>("selection.yaml", page.at("selection.yaml"));
}

}  // namespace
}  // namespace gradus
