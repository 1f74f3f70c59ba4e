@echo off
rem Makes the till a service of this computer. What it would do: install.cmd --dry-run
net session >nul 2>&1
if errorlevel 1 (
  echo Run this as administrator: right click on install.cmd, then "Run as administrator".
  exit /b 1
)
"%~dp0node.exe" "%~dp0dist\main.mjs" service install %*
exit /b %errorlevel%
